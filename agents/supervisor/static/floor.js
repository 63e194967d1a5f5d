// The floor asks for its parts anew after news, but not more often than a look at the server is made: news that come
// while it waits lead to one more look, so that whatever it shows is never older than the last news.
const PAUSE_MILLISECONDS = 1200;
// Waits grow too long without any news.
const AT_LATEST_MILLISECONDS = 10000;

let timer = null;
let isStale = false;

function later() {
  if (timer !== null) {
    isStale = true;
    return;
  }
  timer = setTimeout(() => {
    timer = null;
    document.dispatchEvent(new CustomEvent("pult:look-again"));
    if (isStale) {
      isStale = false;
      later();
    }
  }, PAUSE_MILLISECONDS);
}

document.addEventListener("pult:news", later);
setInterval(later, AT_LATEST_MILLISECONDS);
