"""The engine's working state within one turn: what nodes may say, count, remember and jump to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flows.flow import Flow
from flows.library import FlowSet
from flows.moves import Call, Go, Jump, Move, Return
from flows.nodes import Node
from flows.nodes.tapered import Asking
from flows.nodes.visiting import Branching
from flows.reasons import path_in_words
from flows.session import Choice, Frame, Session, Turn
from flows.turn import Do, Entered, HangUp, KeyPressed, LeaveQueue, Prompt, Scalar, Step

# No shipped flow passes half as many nodes in one turn; the checks refuse endless rounds, this stops them.
MOST_MOVES = 200
RUNAWAY = HangUp("dropped_mid_call")


class Visit:
    """One turn being worked out. Nodes use it; nobody else sees it, and it does not outlive the turn."""

    def __init__(self, flows: FlowSet, session: Session) -> None:
        self.flows = flows
        self.session = session
        self.line: Flow = flows.flows[session.line]
        self.language = session.language
        self.frames = list(session.frames)
        self.noinput, self.nomatch = session.noinput, session.nomatch
        self.keyed, self.leaving, self.is_offered = session.keyed, session.leaving, session.is_offered
        self.is_hash_heard = session.is_hash_heard
        self.path = session.path
        self.said = list(session.said)
        self.is_reprompt = False
        self.trace: list[Entered | KeyPressed] = []
        self._variables = session.variables
        self._last = session.last

    @property
    def flow(self) -> Flow:
        return self.flows.flows[self.frames[-1].flow]

    @property
    def node(self) -> Node:
        return self.flow.nodes[self.frames[-1].node]

    # --- variables -----------------------------------------------------------------------------

    def value(self, name: str) -> Scalar:
        """A variable of the call, `language` or `line`; None where it is not known."""
        if name == "language":
            return self.language
        if name == "line":
            return self.line.name
        return self._variables.get(name)

    def resolve(self, value: Scalar) -> Scalar:
        """A constant as it stands, `$name` as the variable's value."""
        return self.value(value[1:]) if isinstance(value, str) and value.startswith("$") else value

    def remember(self, values: Mapping[str, Scalar]) -> None:
        """Set variables; `language` changes the session's language where the line speaks it."""
        if values:
            self._variables = {**self._variables, **values}
        if (language := values.get("language")) is not None:
            self._variables = {k: v for k, v in self._variables.items() if k != "language"}
            if language in self.line.languages:
                self.language = str(language)

    def forget(self, names: Iterable[str]) -> None:
        """Let the call lose some variables."""
        gone = set(names)
        if gone & self._variables.keys():
            self._variables = {name: value for name, value in self._variables.items() if name not in gone}

    def forget_everything(self) -> None:
        """Let the call lose all variables, and whatever is waiting to be said that speaks one."""
        self._variables = {}
        self._last = ()
        self.said = [prompt for prompt in self.said if not prompt.variables]

    def decide(self, branch: Branching) -> str:
        """The target of a branch; exploration overrides this to take every way."""
        return branch.target(self.value(branch.variable))

    # --- speech --------------------------------------------------------------------------------

    def say(self, ids: Iterable[str], also: Mapping[str, Scalar] | None = None) -> None:
        """Say prompts in order. One whose variable is unknown is left out: better silent than wrong."""
        for id_ in ids:
            if (plain := self.flows.plain.get(id_)) is not None:
                self.said.append(plain)
            elif (prompt := self._filled(id_, also or {})) is not None:
                self.said.append(prompt)

    def _filled(self, id_: str, also: Mapping[str, Scalar]) -> Prompt | None:
        values: list[tuple[str, Scalar]] = []
        for name in self.flows.prompts[id_].needs:
            value = also[name] if name in also else self.value(name)
            if value is None:
                return None
            values.append((name, value))
        return Prompt(id_, tuple(values))

    def repeat(self, step: Step) -> Step:
        """Say again what was last said, and take the same step."""
        self.is_reprompt = True
        self.said.extend(self._last)
        return step

    def pass_over(self) -> Step:
        """Hear nothing, and ask again from the beginning: the key has cut off the prompts."""
        self.pressed("finish")
        return self.repeat(self.node.resume(self))

    # --- keys ----------------------------------------------------------------------------------

    def pressed(self, key: str) -> None:
        self.trace.append(KeyPressed(self.frames[-1].flow, self.frames[-1].node, key))

    def shortcut(self, key: str) -> Jump | None:
        """What 9 and 0 mean here. In the line's emergency 9 raises no second one, nor 0 at its operator."""
        at = self.frames[0].node
        if key == "9" and at != self.line.emergency:
            return Jump.EMERGENCY
        if key == "0" and at != self.line.operator:
            return Jump.OPERATOR
        return None

    def choose(self, key: str) -> None:
        """Note why the caller rings; choosing anew at a menu forgets what had followed."""
        frame = self.frames[-1]
        self._forget_choices(frame.flow, frame.node)
        self.path = (*self.path, Choice(frame.flow, frame.node, key))
        self.pressed(key)

    def _forget_choices(self, flow: str, node: str) -> None:
        for index, choice in enumerate(self.path):
            if choice.flow == flow and choice.node == node:
                self.path = self.path[:index]
                return

    def operator(self) -> Node:
        """Where key 0 leads."""
        return self.line.nodes[self.line.operator]

    def reason(self) -> Mapping[str, str]:
        """Why the caller rings, in every language of the line."""
        return {language: path_in_words(self.flows, self.path, self.line, language) for language in self.line.languages}

    # --- silence and wrong keys ----------------------------------------------------------------

    def no_input(self, node: Asking) -> Move | Step:
        self.noinput += 1
        self.pressed("silence")
        return self._again(node, node.noinput.level(self.noinput), node.noinput.then)

    def no_match(self, node: Asking) -> Move | Step:
        self.nomatch += 1
        self.pressed("nomatch")
        return self._again(node, node.nomatch.level(self.nomatch), node.nomatch.then)

    def _again(self, node: Asking, level: tuple[str, ...] | None, then: str) -> Move | Step:
        if level is None:
            return Go(then)
        self.is_reprompt = True
        self.keyed = ""
        self.say(level)
        self.say(node.prompts)
        return node.ask()

    # --- moving --------------------------------------------------------------------------------

    def pass_menu(self, name: str) -> None:
        """Note a menu for the key #; coming to it again forgets the menus after it."""
        frame = self.frames[-1]
        menus = frame.menus[: frame.menus.index(name)] if name in frame.menus else frame.menus
        self.frames[-1] = frame._replace(menus=(*menus, name))

    def settle(self, move: Move | Step) -> Step:
        """Follow moves until a step."""
        for _ in range(MOST_MOVES):
            if not isinstance(move, (Go, Call, Return, Jump)):
                return move
            move = self._follow(move)
        return RUNAWAY

    def _follow(self, move: Move) -> Move | Step:
        match move:
            case Go(node):
                return self._enter(node)
            case Call(flow):
                callee = self.flows.flows[flow]
                self.frames.append(Frame(flow, callee.start))
                return self._enter(callee.start)
            case Return(result):
                return self._return(result)
            case Jump.BACK:
                return self._back()
            case Jump.EMERGENCY:
                return self._jump(self.line.emergency)
            case Jump.OPERATOR:
                return self._jump(self.line.operator)

    def _enter(self, name: str) -> Move | Step:
        frame = self.frames[-1]
        node = self.flows.flows[frame.flow].nodes.get(name)
        if node is None:
            return Jump(name)
        if frame.node != name:
            self.frames[-1] = Frame(frame.flow, name, frame.menus)
        self.noinput = self.nomatch = 0
        self.keyed = self.leaving = ""
        self.is_reprompt = self.is_offered = False
        self.trace.append(Entered(frame.flow, name))
        return node.enter(self)

    def _return(self, result: str) -> Move | Step:
        self.frames.pop()
        return self.node.returned(result)

    def _jump(self, node: str) -> Move | Step:
        self.frames = [self.frames[0]]
        return self._enter(node)

    def _back(self) -> Move | Step:
        """The menu before this one, in this flow or in one that called it; from the first, this one again."""
        frames = list(self.frames)
        here, menus = frames[-1].node, frames[-1].menus
        earlier = menus[:-1] if menus[-1:] == (here,) else menus
        while not earlier and len(self.frames) > 1:
            self.frames.pop()
            earlier = self.frames[-1].menus
        if not earlier:
            self.frames = frames
            return self.repeat(self.node.resume(self))
        self._forget_choices(self.frames[-1].flow, earlier[-1])
        return self._enter(earlier[-1])

    # --- the end of the turn -------------------------------------------------------------------

    def turn(self, step: Step) -> Turn:
        """The turn that ends in `step`; prompts wait for a step that is heard."""
        said = tuple(self.said)
        is_unheard = isinstance(step, (Do, LeaveQueue))
        session = Session(
            line=self.session.line,
            digest=self.session.digest,
            language=self.language,
            frames=tuple(self.frames),
            variables=self._variables,
            noinput=self.noinput,
            nomatch=self.nomatch,
            said=said if is_unheard else (),
            last=self._last if is_unheard or self.is_reprompt or not said else said,
            keyed=self.keyed,
            leaving=self.leaving,
            is_offered=self.is_offered,
            is_hash_heard=self.is_hash_heard,
            path=self.path,
        )
        return Turn(session, () if is_unheard else said, step, tuple(self.trace))
