"""Installations of a licence: activating is an upsert, only production installations take seats (B3, V10).

A seat that was given back may be taken by another installation: that is a move, of which the product
allows so many in any twelve months. An installation that comes back to its own seat has not moved.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.ids import derived_id
from chalicelib.licensing.rules import Activation, License, Move
from chalicelib.licensing.standing import Place, has_room, seated

# Staging and local copies take no seat; those of a test machine come and go under ever new names.
MOST_UNCOUNTED = 10
MOVES_COUNT_FOR = timedelta(days=365)


class ActivationNotFound(NotFound):
    """The licence has no such activation."""

    code = "activation_not_found"
    thing = {"en": "activation", "es": "la activación", "pt-BR": "a ativação"}


class MovesExhausted(Conflict):
    """The year's moves have been used up."""

    code = "moves_exhausted"
    text = {
        "en": "This licence was moved {limit} times within a year; it can be moved again from {from_at}.",
        "es": "Esta licencia se movió {limit} veces en un año; podrá moverse de nuevo desde {from_at}.",
        "pt-BR": "Esta licença foi movida {limit} vezes em um ano; poderá ser movida de novo após {from_at}.",
    }


class NoMovesAllowed(Conflict):
    """The product does not let customers move it."""

    code = "no_moves_allowed"
    text = {
        "en": "This licence cannot be moved by its owner; ask us.",
        "es": "Esta licencia no puede moverla su titular; consúltenos.",
        "pt-BR": "Esta licença não pode ser movida pelo titular; fale conosco.",
    }


class UsedOffline(Conflict):
    """A licence file keeps the installation going, whatever is decided here."""

    code = "used_offline"
    text = {
        "en": "A licence file lets this installation work without network until {until}; "
        "it keeps its seat till then.",
        "es": "Un archivo de licencia permite a esta instalación funcionar sin red hasta {until}; "
        "conserva su plaza hasta entonces.",
        "pt-BR": "Um arquivo de licença permite que esta instalação funcione sem rede até {until}; "
        "ela mantém sua vaga até lá.",
    }


class NoFreeSeat(Conflict):
    """Every seat of the licence is taken by another installation."""

    code = "no_free_seat"
    text = {
        "en": "All seats of this licence are taken; remove an activation first.",
        "es": "Todas las plazas de esta licencia están ocupadas; quite antes una activación.",
        "pt-BR": "Todas as vagas desta licença estão ocupadas; remova antes uma ativação.",
    }


def activated(license: License, place: Place, name: str | None, now: datetime) -> License:
    """The licence used in this place too; for one that is activated there already, nothing is spent.

    An installation that has a seat keeps it, whatever it calls itself later: giving it back is a move.
    `NoFreeSeat`.
    """
    known = next((one for one in license.activations if one.fingerprint == place.fingerprint), None)
    if known and known.environment == "production":
        return _with(license, replace(known, name=name or known.name))
    if not has_room(license, place):
        raise NoFreeSeat()
    if known:
        return _with(license, replace(known, environment=place.environment, name=name or known.name))
    moves = license.moves
    # Back in the seat it left last: that was no move.
    if place.environment == "production" and moves and moves[-1].fingerprint == place.fingerprint:
        moves = moves[:-1]
    id = derived_id("act", license.id, place.fingerprint)
    activation = Activation(id, place.fingerprint, place.environment, name, now)
    return replace(license, moves=moves, activations=(*_with_room(license, place), activation))


def released(license: License, activation: Activation, now: datetime) -> License:
    """The licence without an activation, whose seat is free for another installation.

    `UsedOffline`; `MovesExhausted` or `NoMovesAllowed` when its owner must wait or ask.
    """
    if activation.offline_until and now < activation.offline_until:
        raise UsedOffline(until=rfc3339(activation.offline_until))
    after = removed(license, activation)
    if activation.environment != "production" or not seated(license, activation):
        return after
    recent = _recent_moves(license, now)
    if license.moves_per_year < 1:
        raise NoMovesAllowed()
    if len(recent) >= license.moves_per_year:
        again = recent[-license.moves_per_year].at + MOVES_COUNT_FOR
        raise MovesExhausted(limit=license.moves_per_year, from_at=rfc3339(again))
    return replace(after, moves=(*recent, Move(activation.fingerprint, now)))


def removed(license: License, activation: Activation) -> License:
    """The licence without an activation, by staff's decision: neither moves nor files stand against it."""
    return replace(license, activations=tuple(one for one in license.activations if one != activation))


def activation_of(license: License, activation_id: str) -> Activation:
    """One activation of the licence; `ActivationNotFound`."""
    one = next((one for one in license.activations if one.id == activation_id), None)
    if one is None:
        raise ActivationNotFound(id=activation_id)
    return one


def held_offline(license: License, place: Place, until: datetime) -> License:
    """The licence with a file out for an activated place, which works until then."""
    ones = tuple(
        replace(one, offline_until=max(filter(None, (one.offline_until, until))))
        if one.fingerprint == place.fingerprint
        else one
        for one in license.activations
    )
    return replace(license, activations=ones)


def moves_left(license: License, now: datetime) -> int:
    """How many more production installations may leave their seat at present."""
    return max(0, license.moves_per_year - len(_recent_moves(license, now)))


def _recent_moves(license: License, now: datetime) -> tuple[Move, ...]:
    return tuple(move for move in license.moves if now - MOVES_COUNT_FOR < move.at)


def _with_room(license: License, place: Place) -> tuple[Activation, ...]:
    """The activations that stay: of too many copies without a seat, the earliest goes."""
    uncounted = [one for one in license.activations if one.environment != "production"]
    if place.environment == "production" or len(uncounted) < MOST_UNCOUNTED:
        return license.activations
    return tuple(one for one in license.activations if one != uncounted[0])


def _with(license: License, changed: Activation) -> License:
    ones = tuple(changed if one.id == changed.id else one for one in license.activations)
    return replace(license, activations=ones)
