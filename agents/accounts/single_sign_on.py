"""Single sign-on by OpenID Connect: the code flow with PKCE, state and nonce, against the provider of the settings.

Rules after OpenID Connect Core 1.0 (§3.1.3.7, what must be checked of an ID token) and RFC 9700 (current practice).
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import select

from agents.accounts.errors import ProviderUnavailable, SingleSignOnRefused
from agents.accounts.models import Account
from agents.accounts.signing_in import open_session
from config.audit import audit
from config.centre import Centre
from config.clock import Clock
from config.settings import Settings

# Never `none`, and never a shared secret, which whoever knows the client's could sign with.
_ALGORITHMS: Final = ("RS256", "PS256", "ES256")
_CLOCKS_DIFFER_SECONDS: Final = 60
_TIMEOUT_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Provider:
    """Whom we trust, and as whom we come. `claim` holds the name of the account here."""

    issuer: str
    client_id: str
    client_secret: str
    claim: str


@dataclass(frozen=True)
class Person:
    """Whom the provider vouches for: its own id of them, which never changes, and the name of their account."""

    subject: str
    name: str


def provider_of(settings: Settings) -> Provider | None:
    """The provider of the settings, if there is one; raises SettingMissing for half of one."""
    issuer = settings.named.get("PULT_OIDC_ISSUER", "").rstrip("/")
    if not issuer:
        return None
    return Provider(
        issuer=issuer,
        client_id=settings.require("PULT_OIDC_CLIENT_ID", "how the provider of single sign-on knows Pult"),
        client_secret=settings.require("PULT_OIDC_CLIENT_SECRET", "how Pult proves itself to that provider"),
        claim=settings.named.get("PULT_OIDC_CLAIM", "preferred_username"),
    )


class SingleSignOn:
    """Sends a browser to the provider, and reads what it brings back."""

    def __init__(self, provider: Provider, clock: Clock, *, return_url: str) -> None:
        self._provider = provider
        self._clock = clock
        self._return_url = return_url

    def begin(self) -> tuple[str, dict[str, str]]:
        """Where to send the browser, and the errand that it must bring back. Raises ProviderUnavailable."""
        errand = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        url, _ = self._client().create_authorization_url(
            self._metadata()["authorization_endpoint"],
            state=errand["state"],
            nonce=errand["nonce"],
            code_verifier=errand["verifier"],
        )
        return url, errand

    def finish(self, errand: Mapping[str, str], answer: Mapping[str, str]) -> Person:
        """Whom the answer in the return address is about. Raises SingleSignOnRefused or ProviderUnavailable."""
        if not hmac.compare_digest(answer.get("state", "").encode(), errand["state"].encode()):
            raise SingleSignOnRefused("the answer belongs to another request")
        if answer.get("iss", self._provider.issuer).rstrip("/") != self._provider.issuer:
            raise SingleSignOnRefused("the answer is another provider's")
        if "code" not in answer:
            raise SingleSignOnRefused("the provider signed nobody in")
        return self._person(self._claims(self._token(answer["code"], errand["verifier"]), errand["nonce"]))

    def _token(self, code: str, verifier: str) -> str:
        endpoint = self._metadata()["token_endpoint"]
        try:
            token = self._client().fetch_token(endpoint, code=code, code_verifier=verifier)
        except requests.RequestException as error:
            raise ProviderUnavailable(type(error).__name__) from error
        except AuthlibBaseError as error:
            raise SingleSignOnRefused(f"the provider takes the code back: {error.error}") from error
        if not isinstance(token.get("id_token"), str):
            raise SingleSignOnRefused("the provider told nothing about the person")
        return str(token["id_token"])

    def _claims(self, id_token: str, nonce: str) -> Mapping[str, Any]:
        keys = KeySet.import_key_set(self._get(self._metadata()["jwks_uri"]))  # type: ignore[arg-type]
        wanted = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=_CLOCKS_DIFFER_SECONDS,
            iss={"essential": True, "value": self._metadata()["issuer"]},
            aud={"essential": True, "value": self._provider.client_id},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            claims = jwt.decode(id_token, keys, algorithms=_ALGORITHMS).claims
            wanted.validate(claims)
        except (JoseError, ValueError) as error:
            raise SingleSignOnRefused(f"the provider's token cannot be trusted: {type(error).__name__}") from error
        if claims.get("azp", self._provider.client_id) != self._provider.client_id:
            raise SingleSignOnRefused("the provider's token was made for somebody else")
        return claims

    def _person(self, claims: Mapping[str, Any]) -> Person:
        claim = self._provider.claim
        name = claims.get(claim)
        if not isinstance(name, str) or not name:
            raise SingleSignOnRefused(f"the provider's token has no {claim}")
        if claim == "email" and claims.get("email_verified") is not True:
            raise SingleSignOnRefused("the provider has not verified the address")
        return Person(subject=f"{self._provider.issuer}#{claims['sub']}", name=name.strip().casefold())

    def _metadata(self) -> Mapping[str, Any]:
        metadata = self._get(f"{self._provider.issuer}/.well-known/openid-configuration")
        if str(metadata.get("issuer", "")).rstrip("/") != self._provider.issuer:
            raise SingleSignOnRefused("the provider calls itself by another name than the settings do")
        return metadata

    def _get(self, url: str) -> Mapping[str, Any]:
        try:
            response = requests.get(url, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
            response.raise_for_status()
            found = response.json()
        except (requests.RequestException, ValueError) as error:
            raise ProviderUnavailable(type(error).__name__) from error
        if not isinstance(found, dict):
            raise ProviderUnavailable("no document")
        return found

    def _client(self) -> OAuth2Session:
        return OAuth2Session(
            self._provider.client_id,
            self._provider.client_secret,
            scope="openid profile email",
            redirect_uri=self._return_url,
            code_challenge_method="S256",
            default_timeout=_TIMEOUT_SECONDS,
        )


def sign_in_person(centre: Centre, person: Person, *, address: str) -> tuple[str, str]:
    """Open a session for whom the provider vouches; the token, and the account's name. Raises SignInRefused, or
    SingleSignOnRefused where nobody here is meant.

    The first time the account is found by its name, and from then on by the provider's id alone: a name that is handed
    on to somebody else opens nothing.
    """
    now = centre.clock.now()
    with centre.database.transaction("find_person") as tx:
        account = tx.scalar(select(Account).where(Account.subject == person.subject))
        if account is None:
            account = tx.scalar(select(Account).where(Account.name == person.name, Account.subject.is_(None)))
            if account is None:
                raise SingleSignOnRefused("nobody here has this name")
            account.subject = person.subject
            audit(
                tx,
                insurer_id=account.insurer_id,
                at=now,
                actor=account.name,
                action="linked_single_sign_on",
                subject_kind="account",
                subject_id=account.id,
            )
    return open_session(centre, account.id, how="single_sign_on", address=address), account.name
