// Every page's script: what all pages do. A page with more to do loads a module of its own beside this one.
import { watchDialogs } from "./dialogs.js";
import { tick } from "./durations.js";
import { listenForKeys } from "./keys.js";
import { follow } from "./live.js";
import { watchMenus } from "./menus.js";
import { followPeriods } from "./periods.js";
import { sendInPlace } from "./sending.js";
import { keepWrapUps } from "./wrap_up.js";
import { tellZone } from "./zone.js";

tellZone();
tick();
watchMenus();
followPeriods();
watchDialogs();
listenForKeys();
sendInPlace();
keepWrapUps();
if (document.body.dataset.news) follow(document.body.dataset.news);
