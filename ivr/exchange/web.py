"""The Flask application: Twilio's REST resources, the control API, and the faults laid on REST."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, Response, jsonify, request

from ivr.exchange import control, phone_page
from ivr.exchange.errors import Refused
from ivr.exchange.mischief import RestFault
from ivr.exchange.rest import calls, conferences, desk, messages, numbers, queues, recordings
from ivr.exchange.switch import Switch
from ivr.exchange.webhooks import API_VERSION

ROOT = f"/{API_VERSION}/Accounts/<account>"


def create_exchange(switch: Switch) -> Flask:
    """The WSGI application for a switch; it starts nothing."""
    app = Flask("ivr.exchange")
    app.extensions["switch"] = switch
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.register_blueprint(control.bp)
    app.register_blueprint(phone_page.bp)
    for module in (calls, queues, conferences, recordings, messages, numbers):
        app.register_blueprint(module.bp, url_prefix=ROOT)
    app.register_error_handler(Exception, desk.fault)
    app.before_request(_check)
    app.after_request(_spoil)
    app.add_url_rule(f"{ROOT}.json", "account", _account)
    return app


def _account(account: str) -> Response:
    """The account itself, as clients fetch to see whether their login is right."""
    return jsonify({"sid": account, "status": "active", "friendly_name": "Exchange", "type": "Full"})


def _check() -> None:
    """The login, and the faults that strike before anything is done."""
    if not desk.is_rest(request):
        return
    account = (request.view_args or {}).get("account", "")
    if _is_login_needed():
        desk.check_login(account or desk.switch().settings.account_sid)
    with desk.turn() as core:
        if core.down_until and core.now() < core.down_until:
            raise Refused(20503, "Service Unavailable", 503)
        fault = core.trickster.rest_fault(request.method, request.path)
    if fault is RestFault.THROTTLED:
        raise Refused(20429, "Too Many Requests", 429)
    if fault is RestFault.REFUSED_500:
        raise Refused(20500, "An internal server error has occurred", 500)
    request.environ["exchange.fault"] = fault


def _is_login_needed() -> bool:
    """Media is public by its URL unless the account protects it (twilio.md §4)."""
    is_media = "/Recordings/" in request.path and not request.path.endswith(".json")
    return desk.switch().settings.is_media_protected or not (is_media and request.method == "GET")


def _spoil(response: Response) -> Response:
    """Lose the answer to a request that has been carried out."""
    match request.environ.get("exchange.fault"):
        case RestFault.ANSWER_500:
            lost, status = desk.fault(Refused(20500, "An internal server error has occurred", 500))
            lost.status_code = status
            return lost
        case RestFault.ANSWER_CLOSED:
            return _broken_off()
    return response


def _broken_off() -> Response:
    """A reply that promises more than comes: the server closes the connection in the middle."""

    def body() -> Iterator[bytes]:
        yield b"{"

    response = Response(body(), mimetype="application/json")
    response.headers["Content-Length"] = "4096"
    return response
