// The interface of a telephone in a page. A page works with these two classes and never learns which carrier it has.

/**
 * A telephone. Events: `registered` {identity}, `unregistered`, `incoming` {call}, `error` {code, message};
 * what an event carries is in its `detail`.
 */
export class Telephone extends EventTarget {
  /** Let calls reach this page as the identity that `token` names. Resolves once registered, rejects with an Error. */
  async register(token) {
    throw new Error("not implemented");
  }

  /** Calls no longer reach this page. */
  async unregister() {}

  /** Place a call; `parameters` ({To, From, …}) are strings. Resolves to a Call, rejects with an Error. */
  async call(parameters) {
    throw new Error("not implemented");
  }

  /** Use this microphone (a device id, "" for the system's own) for calls from now on and the one in progress. */
  async setInput(deviceId) {}

  /** Use this loudspeaker, where the browser can choose. */
  async setOutput(deviceId) {}

  /** How loud the other side is, 0 to 1. */
  setVolume(volume) {}

  /** Release sockets and devices; the telephone cannot be used afterwards. */
  async close() {}
}

/**
 * One call. Events: `ringing`, `accepted`, `ended` {reason}, `quality` {mos, warning}, and from carriers that
 * tell it `heard` (what is being said to this side: {text, language, seconds}).
 */
export class Call extends EventTarget {
  /** `parameters` are the carrier's and the application's words about the call: CallSid, From, To, … */
  constructor(id, parameters) {
    super();
    this.id = id;
    this.parameters = parameters;
  }

  /** Answer a call that rings here. */
  async accept() {}

  /** Refuse a call that rings here. */
  decline() {}

  /** Put the receiver down. */
  hangUp() {}

  /** Whether the other side hears nothing of this one. */
  mute(isMuted) {}

  /** Send keys: 0-9 * # and w, half a second's pause. */
  sendKeys(keys) {}
}

/** Dispatch an event of this type with this detail. */
export function tell(target, type, detail = {}) {
  target.dispatchEvent(new CustomEvent(type, { detail }));
}
