"""Passkeys (WebAuthn Level 3): a device shows who a person is, by a key that belongs to this site alone.

The person is verified on the device, so that a passkey alone is enough. A challenge counts once.
"""

import secrets

import msgspec
from msgspec import Struct
from sqlalchemy import delete, func, insert, select, update
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from dongting.errors import Refused, require
from dongting.node.people.access import Actor
from dongting.node.people.codes import BAD_NAME, BAD_PASSKEY, LOCKED_OUT, NO_SUCH_PASSKEY
from dongting.node.people.database import challenge, digest, passkey, person
from dongting.node.people.register import Register

LASTS = 300  # seconds that a challenge counts
WAITING = 5_000  # challenges that may wait at once

_REQUIRED = UserVerificationRequirement.REQUIRED


class Passkey(Struct, frozen=True):
    """One passkey of a person; times in seconds since 1970."""

    id: str
    name: str
    made: int
    used: int | None


class Site(Struct, frozen=True):
    """Where a browser is: the origin of our page, and its host, to which passkeys are bound."""

    origin: str
    host: str


class Passkeys:
    """The passkeys of all people here."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._database = register.database

    def list(self, actor: Actor) -> list[Passkey]:
        """A person's passkeys, the newest first."""
        query = select(passkey).where(passkey.c.person == actor.person).order_by(passkey.c.made.desc())
        with self._database.read() as connection:
            return [Passkey(row.id, row.name, row.made, row.used) for row in connection.execute(query)]

    def creation(self, actor: Actor, site: Site, network: str) -> str:
        """What the browser is asked in order to make a passkey, as JSON."""
        known = [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.id)) for one in self.list(actor)]
        return options_to_json(
            generate_registration_options(
                rp_id=site.host, rp_name=network, user_id=actor.person.encode(), user_name=actor.name,
                challenge=self._challenge(actor.person), exclude_credentials=known,
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_REQUIRED
                ),
            )
        )  # fmt: skip

    def add(self, actor: Actor, site: Site, name: str, credential: str) -> None:
        """Keep a passkey that the browser made."""
        name = name.strip()
        require(0 < len(name) <= 80 and name.isprintable(), BAD_NAME)
        asked = self._answered(credential, actor.person)
        try:
            made = verify_registration_response(
                credential=credential, expected_challenge=asked, expected_rp_id=site.host,
                expected_origin=site.origin, require_user_verification=True,
            )  # fmt: skip
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise Refused(BAD_PASSKEY) from None
        id = bytes_to_base64url(made.credential_id)
        with self._database.write() as connection:
            if connection.execute(select(passkey.c.id).where(passkey.c.id == id)).first() is not None:
                raise Refused(BAD_PASSKEY)
            connection.execute(
                insert(passkey).values(
                    id=id, person=actor.person, name=name, key=made.credential_public_key,
                    counter=made.sign_count, made=self._register.clock(),
                )
            )  # fmt: skip
            self._register.note(
                connection, "passkey-added", actor.person, actor.organisation, {"passkey": id[:16]}
            )

    def remove(self, actor: Actor, id: str) -> None:
        """Forget a passkey."""
        with self._database.write() as connection:
            mine = (passkey.c.id == id) & (passkey.c.person == actor.person)
            require(connection.execute(delete(passkey).where(mine)).rowcount == 1, NO_SUCH_PASSKEY)
            self._register.note(
                connection, "passkey-removed", actor.person, actor.organisation, {"passkey": id[:16]}
            )

    def request(self, site: Site) -> str:
        """What the browser is asked in order to sign somebody in, as JSON; it tells of nobody."""
        asked = self._challenge("")
        return options_to_json(
            generate_authentication_options(rp_id=site.host, challenge=asked, user_verification=_REQUIRED)
        )

    def shown(self, site: Site, credential: str, client: str) -> str:
        """Who a browser has shown to be; the person's id."""
        asked = self._answered(credential, "")
        id = _field(credential, "id")
        with self._database.read() as connection:
            query = select(passkey, person.c.active).join(person).where(passkey.c.id == id)
            row = connection.execute(query).one_or_none()
        try:
            if row is None or not row.active:
                raise Refused(BAD_PASSKEY)
            found = verify_authentication_response(
                credential=credential, expected_challenge=asked, expected_rp_id=site.host,
                expected_origin=site.origin, credential_public_key=bytes(row.key),
                credential_current_sign_count=row.counter, require_user_verification=True,
            )  # fmt: skip
        except (Refused, WebAuthnException, ValueError, KeyError, TypeError):
            with self._database.write() as connection:
                who = row.person if row is not None else None
                organisation = next(iter(self._register.roles(connection, who)), None) if who else None
                self._register.note(connection, "passkey-refused", who, organisation, {"client": client})
            raise Refused(BAD_PASSKEY) from None
        with self._database.write() as connection:
            used = {"counter": found.new_sign_count, "used": self._register.clock()}
            connection.execute(update(passkey).where(passkey.c.id == id).values(**used))
        return str(row.person)

    def _challenge(self, id: str) -> bytes:
        asked, now = secrets.token_bytes(32), self._register.clock()
        with self._database.write() as connection:
            connection.execute(delete(challenge).where(challenge.c.ends <= now))
            many = connection.execute(select(func.count()).select_from(challenge)).scalar_one()
            require(many < WAITING, LOCKED_OUT, wait=LASTS)
            kept = digest(bytes_to_base64url(asked))
            connection.execute(insert(challenge).values(digest=kept, person=id, ends=now + LASTS))
        return asked

    def _answered(self, credential: str, id: str) -> bytes:
        """The challenge that a credential answers, which counts no more; refuses one that was not asked."""
        try:
            data = base64url_to_bytes(msgspec.json.decode(credential)["response"]["clientDataJSON"])
            answered = str(msgspec.json.decode(data)["challenge"])
            asked = base64url_to_bytes(answered)
        except (msgspec.DecodeError, KeyError, TypeError, ValueError):
            raise Refused(BAD_PASSKEY) from None
        with self._database.write() as connection:
            mine = (challenge.c.digest == digest(answered)) & (challenge.c.person == id)
            mine &= challenge.c.ends > self._register.clock()
            known = connection.execute(delete(challenge).where(mine)).rowcount == 1
        require(known, BAD_PASSKEY)
        return asked


def _field(credential: str, name: str) -> str:
    found = msgspec.json.decode(credential).get(name)
    return found if isinstance(found, str) else ""
