package dev.interlock.protocol.rules;

import java.util.Map;

/** Why no test can notice that a refusal was taken out: what else refuses the same. */
final class Reasons {
    /** By class, method and what is refused. */
    static final Map<String, String> OF = Map.of(
            "Session.checkRenewal: a renewal goes through all … providers, the order names …",
            "a statement that makes something names all n, and a renewal has nobody missing",
            "Read.checkCertificate: … has … in epoch … of the ring …, this descriptor is of epoch …: get the ring's new"
                    + " descriptor",
            "the descriptor refuses an epoch that it doesn't know; this says what to do about it",
            "Read.checkCertificate: Write.verifyRoots(…)",
            "all n providers verified the roots before they signed; U verifies them once more");

    private Reasons() {}
}
