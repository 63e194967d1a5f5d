"""A small real provider of OpenID Connect on loopback: Authlib's authorization server in a Flask app."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.agents.staff.serving import serving
from tests.ports import free_port

CLIENT_ID, CLIENT_SECRET = "pult-staff", "a-secret-of-the-provider"


@dataclass
class Provider:
    """The provider as tests bend it: who is signed in there, and what its tokens say wrongly."""

    url: str
    return_url: str
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "42", "preferred_username": "anna"})
    claims: dict[str, Any] = field(default_factory=dict)
    calls_itself: str | None = None
    signs_with: RSAKey | None = None
    codes: dict[str, Any] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)


class _Client(ClientMixin):
    def __init__(self, return_url: str) -> None:
        self.return_url = return_url

    def get_client_id(self):
        return CLIENT_ID

    def get_default_redirect_uri(self):
        return self.return_url

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri == self.return_url

    def check_client_secret(self, client_secret):
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type == "authorization_code"


@dataclass
class _Code:
    code: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str
    code_challenge_method: str
    person: dict[str, Any]
    auth_time: int = field(default_factory=lambda: int(time.time()))
    acr = None
    amr = None

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def get_nonce(self):
        return self.nonce

    def get_auth_time(self):
        return self.auth_time

    def get_acr(self):
        return None

    def get_amr(self):
        return None


def make_app(provider: Provider) -> Flask:
    app = Flask("provider")
    key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
    client = _Client(provider.return_url)
    server = AuthorizationServer(
        app, query_client=lambda id_: client if id_ == CLIENT_ID else None, save_token=lambda token, request: None
    )

    class CodeGrant(grants.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

        def save_authorization_code(self, code, request):
            data = request.payload.data
            provider.codes[code] = _Code(
                code,
                request.payload.redirect_uri,
                request.payload.scope,
                data.get("nonce"),
                data["code_challenge"],
                data["code_challenge_method"],
                dict(provider.person),
            )

        def query_authorization_code(self, code, client):
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code):
            provider.codes.pop(authorization_code.code)

        def authenticate_user(self, authorization_code):
            return authorization_code.person

    class IdToken(OpenIDCode):
        def exists_nonce(self, nonce, request):
            return False

        def process_token(self, grant, response):
            token = grant.request.authorization_code
            now = int(time.time())
            claims = {
                "iss": provider.url,
                "aud": CLIENT_ID,
                "iat": now,
                "exp": now + 300,
                "nonce": token.nonce,
                **UserInfo(token.person),
                **provider.claims,
            }
            signer = provider.signs_with or key
            response[1]["id_token"] = jwt.encode({"alg": "RS256", "kid": "one"}, claims, signer)

    server.register_grant(CodeGrant, [CodeChallenge(required=True), IdToken(require_nonce=True)])

    @app.get("/.well-known/openid-configuration")
    def configuration() -> Response:
        return jsonify(
            issuer=provider.calls_itself or provider.url,
            authorization_endpoint=f"{provider.url}/authorize",
            token_endpoint=f"{provider.url}/token",
            jwks_uri=f"{provider.url}/keys",
        )

    @app.get("/keys")
    def keys() -> Response:
        return jsonify(KeySet([key]).as_dict(private=False))

    @app.get("/authorize")
    def authorize() -> Response:
        provider.asked.append(request.args.to_dict())
        grant = server.get_consent_grant(end_user=provider.person)
        return server.create_authorization_response(grant_user=provider.person, grant=grant)

    @app.post("/token")
    def token() -> Response:
        return server.create_token_response()

    return app


@contextmanager
def running(return_url: str) -> Iterator[Provider]:
    """The provider, answering on loopback within the block."""
    port = free_port()
    provider = Provider(f"http://127.0.0.1:{port}", return_url)
    with serving(make_app(provider), port):
        yield provider
