// The page's words in both languages.

export const WORDS = {
  ru: {
    title: "Телефон", lines: "Линии", no_lines: "У станции ещё нет номеров.", to: "Куда", from: "С какого номера",
    keys: "Клавиши", call: "Позвонить", end: "Положить", mute: "Без микрофона", volume: "Громкость",
    microphone: "Микрофон", loudspeaker: "Динамик", said: "Что слышно", other: "English",
    nothing: "Выберите линию и позвоните: здесь пойдёт текст того, что говорит линия.",
    hidden_number: "скрыт", default_device: "Как в системе",
    idle: "Трубка лежит", dialling: "Набираем…", ringing: "Гудки", up: "Разговор", ended: "Звонок окончен",
    failed: "Не получилось", lost: "Связь со станцией потеряна. Пробуем снова…",
    no_voice_part: "Эта станция работает без страницы-телефона: у неё нет порта для голоса.",
    text_only: "Без звука, только текст: на станции не установлены части для звука.",
    no_voice: "Нет голоса для русского: на станции не найден синтезатор речи. Текст показан здесь.",
    speaks: "Говорит {engine}", listening: "Слушает: ждёт клавиш", music: "Музыка ожидания",
    connected: "Соединили", alone: "Разъединили", beep: "Сигнал", recorded: "Записано, {seconds} с",
    sms: "SMS от {sender}: {text}", sound: "Звук {url}", no_microphone: "Микрофона нет: можно только слушать",
    quality: "Качество связи: {mos} из 4,5", cause: "причина: {cause}",
  },
  en: {
    title: "Telephone", lines: "Lines", no_lines: "The exchange has no numbers yet.", to: "To", from: "Caller's number",
    keys: "Keys", call: "Call", end: "Hang up", mute: "Mute", volume: "Volume",
    microphone: "Microphone", loudspeaker: "Loudspeaker", said: "What is heard", other: "Русский",
    nothing: "Choose a line and call it: what the line says will run here.",
    hidden_number: "withheld", default_device: "As in the system",
    idle: "On the hook", dialling: "Dialling…", ringing: "Ringing", up: "In a call", ended: "The call is over",
    failed: "It did not work", lost: "The exchange does not answer. Trying again…",
    no_voice_part: "This exchange runs without telephones in pages: it has no port for voice.",
    text_only: "No sound, text only: the parts for sound are not installed at the exchange.",
    no_voice: "No voice for Russian: no speech engine was found at the exchange. The text is shown here.",
    speaks: "Spoken by {engine}", listening: "Listening: waits for keys", music: "Music on hold",
    connected: "Connected", alone: "Disconnected", beep: "Beep", recorded: "Recorded, {seconds} s",
    sms: "Text from {sender}: {text}", sound: "Sound {url}", no_microphone: "No microphone: you can only listen",
    quality: "Line quality: {mos} of 4.5", cause: "cause: {cause}",
  },
};

/** The words of a language with `{name}` filled in. */
export function speaker(language) {
  return (key, values = {}) =>
    Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, value), WORDS[language][key] ?? key);
}

/** A Russian number as people write it, +74957851058 as 8 (495) 785-10-58; others stay. */
export function written(number) {
  const found = /^\+7(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(number);
  return found ? `8 (${found[1]}) ${found[2]}-${found[3]}-${found[4]}` : number;
}

/** What was typed as a number in the form +7…; addresses that are no numbers stay. */
export function dialled(text) {
  const digits = text.replace(/[\s()–-]/g, "");
  if (/^8\d{10}$/.test(digits)) return `+7${digits.slice(1)}`;
  return /^7\d{10}$/.test(digits) ? `+${digits}` : digits;
}
