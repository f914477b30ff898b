package dev.interlock.protocol.login;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import java.security.SecureRandom;

/** What the vectors show of a login and nothing else needs: the steps between what is typed and what is stored. */
public final class LoginInside {
    private LoginInside() {}

    public static byte[] input(RingId ring, UserName name, Lock.Kind kind, byte[] secret) {
        return Enrolment.input(ring, name, kind, secret);
    }

    /** What Argon2id made of an OPRF's output. */
    public static LoginSecrets stretched(RingId ring, UserName name, byte[] bytes) {
        return new LoginSecrets(ring, name, SecretBytes.copyOf(bytes));
    }

    public static VerifyingKey loginKey(LoginSecrets secrets, String node) {
        return secrets.loginPublicKey(node);
    }

    /** The lock with the root sealed in it. */
    public static Lock sealed(
            RingId ring,
            UserName name,
            RootSecret root,
            SecretBytes next,
            LoginSecrets secrets,
            Lock unsealed,
            SecureRandom random) {
        try (SigningKey identity = root.identity(ring)) {
            byte[] bound = Enrolment.bound(ring, name, identity.verifyingKey(), root.version(), unsealed);
            return new Lock(
                    unsealed.kind(),
                    unsealed.t(),
                    unsealed.stretching(),
                    unsealed.keys(),
                    secrets.seal(root.newest(), next, bound, random));
        }
    }

    /** The line that leads to a root's newest version. */
    public static RootLine line(RingId ring, UserName name, RootSecret root, SecretBytes next, SecureRandom random) {
        RootLine first = RootLine.first(ring, root.version() == 1 ? next : root.newest());
        return root.version() == 1 ? first : first.followed(ring, name, root, next, random);
    }

    public static int sealedBytes() {
        return Lock.SEALED_BYTES;
    }
}
