package dev.interlock.node.store;

import dev.interlock.core.secret.CipherKey;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.protocol.login.GuessLimit;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.RecordHash;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The logins in a store's catalog: shares sealed under a random key for each record, which is erased first. */
final class LoginTable implements LoginStore {
    private final Catalog catalog;
    private final SecureRandom random;

    LoginTable(Catalog catalog, SecureRandom random) {
        this.catalog = catalog;
        this.random = random;
    }

    @Override
    public Optional<Held> certified(String name) {
        return catalog.read("looking up a login", link -> LoginRows.certified(link, name));
    }

    @Override
    public List<Held> prepared(String name) {
        return catalog.read("looking up a login", link -> LoginRows.prepared(link, name));
    }

    @Override
    public void prepare(Held held, Map<Lock.Kind, SecretBytes> shares, List<RecordHash> erased) {
        try (CipherKey key = CipherKey.random(random)) {
            catalog.eraseIf(
                    "keeping a login's record",
                    link -> LoginRows.prepare(link, held, shares, key, erased),
                    erases -> erases);
        }
    }

    @Override
    public void certify(RecordHash hash, byte[] certified, List<RecordHash> erased) {
        catalog.eraseIf(
                "making a login's record count",
                link -> LoginRows.certify(link, hash, certified, erased),
                _ -> !erased.isEmpty());
    }

    @Override
    public void succeed(String name, byte[] before, byte[] now) {
        catalog.write("making one user's what was another's", link -> LoginRows.succeed(link, name, before, now));
    }

    @Override
    public void eraseEarlierNames(byte[] user, int rootVersion) {
        catalog.eraseIf(
                "erasing names of an earlier root",
                link -> NameTable.eraseEarlier(link, user, rootVersion),
                count -> count > 0);
    }

    @Override
    public Optional<SecretBytes> share(RecordHash hash, Lock.Kind kind) {
        return catalog.read("reading a login's share", link -> LoginRows.share(link, hash, kind));
    }

    @Override
    public List<RecordHash> dropped(String name) {
        return catalog.read("looking up a login", link -> LoginRows.dropped(link, name));
    }

    @Override
    public void eraseShares(String name) {
        catalog.eraseIf("erasing a login's shares", link -> LoginRows.eraseShares(link, name), erases -> erases);
    }

    @Override
    public int eraseShares() {
        return catalog.eraseIf("erasing all logins' shares", LoginRows::eraseShares, count -> count > 0);
    }

    @Override
    public long mark() {
        return catalog.read("looking up the logins' mark", LoginRows::mark);
    }

    @Override
    public void raiseMark(long number) {
        catalog.write("raising the logins' mark", link -> LoginRows.raiseMark(link, number));
    }

    @Override
    public Guess guess(String name, byte[] by, byte[] nonce, GuessLimit limit, Instant now) {
        return catalog.write("counting a guess", link -> LoginRows.guess(link, name, by, nonce, limit, now));
    }

    @Override
    public boolean giveBack(String name, byte[] nonce, byte[] device, int mostDevices, Instant now) {
        return catalog.write(
                "giving a guess back", link -> LoginRows.giveBack(link, name, nonce, device, mostDevices, now));
    }

    @Override
    public boolean isDevice(String name, byte[] key) {
        return catalog.read("looking up a device", link -> LoginRows.isDevice(link, name, key));
    }

    @Override
    public List<Device> devices(String name) {
        return catalog.read("listing devices", link -> LoginRows.devices(link, name));
    }

    @Override
    public boolean forgetDevice(String name, byte[] key) {
        return catalog.write("forgetting a device", link -> LoginRows.forgetDevice(link, name, key));
    }
}
