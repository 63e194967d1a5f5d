// What is heard, as running text: the word that is being spoken is marked.

const CHARACTERS_PER_SECOND = 14;

export class Story {
  constructor(list, empty, clock) {
    this._list = list;
    this._empty = empty;
    this._clock = clock;
    this._stop = () => {};
  }

  clear() {
    this._stop();
    this._list.replaceChildren();
    this._empty.hidden = false;
  }

  /** A line of text that takes so many seconds to say. */
  say(text, language, seconds) {
    this._finish();
    const paragraph = this._add("voice");
    if (language) paragraph.lang = language.slice(0, 2);
    const words = text.split(/(\s+)/).map((word) => Object.assign(document.createElement("span"), { textContent: word }));
    paragraph.append(...words);
    this._follow(paragraph, words.filter((word) => word.textContent.trim()), seconds ?? text.length / CHARACTERS_PER_SECOND);
  }

  /** Something that is not said: music, a beep, a connection. */
  note(text) {
    this._finish();
    this._add("note").textContent = text;
  }

  /** Keys that were pressed on this side; keys pressed together stand together. */
  pressed(keys) {
    this._finish();
    const last = this._list.lastElementChild?.querySelector("p");
    const line = last?.classList.contains("mine") ? last : this._add("mine");
    line.textContent += keys;
  }

  /** Nothing more is said now. */
  hush() {
    this._finish();
  }

  _add(kind) {
    this._empty.hidden = true;
    const item = document.createElement("li");
    const time = document.createElement("time");
    time.textContent = this._clock();
    const paragraph = document.createElement("p");
    paragraph.className = kind;
    item.append(time, paragraph);
    this._list.append(item);
    this._list.scrollTop = this._list.scrollHeight;
    return paragraph;
  }

  // Longer words take longer; a stop costs a breath.
  _follow(paragraph, words, seconds) {
    const weights = words.map((word) => word.textContent.length + 1 + (/[.!?…:]$/.test(word.textContent) ? 6 : /[,;—]$/.test(word.textContent) ? 3 : 0));
    const whole = weights.reduce((sum, weight) => sum + weight, 0) || 1;
    let sum = 0;
    const begins = weights.map((weight) => {
      const at = (sum / whole) * seconds * 1000;
      sum += weight;
      return at;
    });
    const begun = performance.now();
    let marked = null;
    let frame = 0;
    const step = () => {
      const now = performance.now() - begun;
      const index = begins.findLastIndex((at) => at <= now);
      if (now > seconds * 1000) return this._finish();
      const word = words[index];
      if (word && word !== marked) marked = this._mark(marked, word);
      frame = requestAnimationFrame(step);
    };
    this._stop = () => {
      cancelAnimationFrame(frame);
      this._mark(marked, null);
      paragraph.classList.add("past");
    };
    step();
  }

  _mark(before, word) {
    if (before) before.replaceChildren(before.textContent);
    if (!word) return null;
    const mark = document.createElement("mark");
    mark.textContent = word.textContent;
    word.replaceChildren(mark);
    const list = this._list;
    const low = word.offsetTop + word.offsetHeight - list.offsetTop;
    if (low > list.scrollTop + list.clientHeight) list.scrollTop = low - list.clientHeight + 8;
    return word;
  }

  _finish() {
    const stop = this._stop;
    this._stop = () => {};
    stop();
  }
}
