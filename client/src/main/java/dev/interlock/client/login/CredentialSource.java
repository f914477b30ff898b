package dev.interlock.client.login;

import dev.interlock.protocol.request.Credential;

/** Where a command's credential comes from: a file, a login, or a process that holds what a login unsealed. */
@FunctionalInterface
public interface CredentialSource {
    /** Who the user is; the caller closes it. */
    Credential unseal() throws InterruptedException;
}
