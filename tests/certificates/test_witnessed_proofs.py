"""Whoever watches the log vouches for certificates too: their signatures travel in the proofs."""

import pytest
from flask import Flask

from portal.certificates import queries
from portal.certificates.credentials import credential_of, differences
from portal.certificates.rules.inspection import Handed
from portal.kernel import clock
from portal.registry.commands import witnesses as watch
from portal.registry.jobs import signer
from portal.registry.rules import checkpoint
from portal.registry.rules.checkpoint import COSIGNATURE
from tests.factories.certificates import ACTOR, logged
from tests.factories.witnesses import KEY, a_witness, head, signed_line


@pytest.mark.usefixtures("any_app")
def test_a_proof_moves_to_the_first_head_that_a_witness_has_signed_and_stays_there():
    certificate = logged()
    alone = queries.log_proof(certificate.id)
    a_witness()
    assert queries.log_proof(certificate.id) == alone, "a witness that has not signed vouches for nothing"

    line = signed_line()
    watch.cosign(ACTOR, head().size, line, clock.now())
    witnessed, note = queries.log_proof(certificate.id), head().note
    assert alone is not None
    assert witnessed is not None
    assert (alone.size, alone.witnesses) == (1, ())
    assert (witnessed.size, witnessed.note, witnessed.witnesses) == (head().size, note + line, (KEY,))
    own = signer()
    proved = checkpoint.verify_proof(witnessed.text, witnessed.body.encode(), own.origin, own.trusted)
    assert proved.size == witnessed.size
    checkpoint.cosigned_at(witnessed.note, line, checkpoint.read_public_key(KEY, COSIGNATURE))

    later = logged()
    watch.cosign(ACTOR, head().size, signed_line(), clock.now())
    assert queries.log_proof(certificate.id) == witnessed
    newest = queries.log_proof(later.id)
    assert newest is not None
    assert newest.size == head().size


def test_a_credential_from_before_the_witness_signed_is_genuine_still(app: Flask):
    certificate = logged()
    alone = queries.log_proof(certificate.id)
    assert alone is not None
    with app.test_request_context("/"):
        document = credential_of(certificate, alone, with_name=False)
        a_witness()
        watch.cosign(ACTOR, head().size, signed_line(), clock.now())
        witnessed = queries.log_proof(certificate.id)
        assert witnessed is not None
        assert witnessed.size != alone.size
        assert differences(Handed(document, None), certificate, witnessed) == []
        document["evidence"][0]["logSize"] = witnessed.size  # the control: what is signed stays signed
        assert differences(Handed(document, None), certificate, witnessed) == ["proof"]
