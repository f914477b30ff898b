package dev.interlock.wire;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Trusts exactly the pinned public keys; names, dates and authorities play no part. */
final class PinnedTrust extends X509ExtendedTrustManager {
    private final Pins pins;

    /** Whether a pin is the right one at the other end of this connection, where that end is known. */
    private interface Pins {
        boolean trust(String pin, @Nullable SSLEngine connection) throws UnknownEndException;
    }

    private PinnedTrust(Pins pins) {
        this.pins = pins;
    }

    /** Trusts these at every end. */
    static PinnedTrust ofAny(Set<String> pins) {
        Set<String> all = Set.copyOf(pins);
        return new PinnedTrust((pin, _) -> all.contains(pin));
    }

    /** Trusts each of these at its own address and nowhere else. */
    static PinnedTrust of(AddressPins pins) {
        return new PinnedTrust((pin, connection) -> {
            String host = connection == null ? null : connection.getPeerHost();
            if (connection == null || host == null) {
                throw new UnknownEndException("an unknown address");
            }
            return pins.expected(host, connection.getPeerPort())
                    .orElseThrow(() -> new UnknownEndException(host + ", port " + connection.getPeerPort()))
                    .equals(pin);
        });
    }

    private void check(X509Certificate[] chain, @Nullable SSLEngine connection) throws CertificateException {
        String pin = TlsIdentity.pin(chain[0]);
        if (!pins.trust(pin, connection)) {
            throw new WrongPinException(pin);
        }
    }

    /** The certificate's key isn't one that the ring pins. */
    static final class WrongPinException extends CertificateException {
        private static final long serialVersionUID = 1L;

        WrongPinException(String pin) {
            super("its TLS key (pin " + pin + ") isn't the one in the ring descriptor");
        }
    }

    /** No key is pinned for this end of a connection: that is our own trouble, and accuses nobody. */
    static final class UnknownEndException extends CertificateException {
        private static final long serialVersionUID = 1L;

        UnknownEndException(String end) {
            super("no key is pinned for " + end);
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain, null);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain, null);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain, null);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain, null);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain, engine);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain, engine);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
