package dev.interlock.wire;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Map;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/** Trusts exactly the pinned public keys; names, dates and authorities play no part. */
final class PinnedTrust extends X509ExtendedTrustManager {
    private final Map<String, String> nodeOfPin;

    /** @param nodeOfPin from a pin to the node that it belongs to */
    PinnedTrust(Map<String, String> nodeOfPin) {
        this.nodeOfPin = Map.copyOf(nodeOfPin);
    }

    private void check(X509Certificate[] chain) throws CertificateException {
        String pin = TlsIdentity.pin(chain[0]);
        if (!nodeOfPin.containsKey(pin)) {
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

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
