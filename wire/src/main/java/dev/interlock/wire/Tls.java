package dev.interlock.wire;

import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** The one TLS setting of all channels: TLS 1.3, X25519MLKEM768 and nothing else, pinned keys on both ends. */
public final class Tls {
    /** Hybrid of X25519 and ML-KEM-768: what is recorded today stays closed to a quantum computer. */
    private static final String[] GROUPS = {"X25519MLKEM768"};

    private Tls() {}

    static void client(SslContextBuilder builder, AddressPins pins) {
        common(builder).trustManager(PinnedTrust.of(pins));
    }

    /** Users come without a certificate; a certificate that does come must be pinned by the ring. */
    public static void server(SslContextBuilder builder, RingDescriptor ring) {
        common(builder)
                .trustManager(
                        PinnedTrust.ofAny(ring.everyNode().map(NodeCard::tlsPin).collect(Collectors.toSet())))
                .clientAuth(ClientAuth.OPTIONAL);
    }

    private static SslContextBuilder common(SslContextBuilder builder) {
        OpenSsl.ensureAvailability();
        return builder.sslProvider(SslProvider.OPENSSL)
                .protocols("TLSv1.3")
                // Netty keeps the key in one in memory, under an empty password: PKCS#12 would stretch that ten
                // thousand times.
                .keyStoreType("JKS")
                .option(OpenSslContextOption.GROUPS, GROUPS);
    }

    /** The node of the ring at the other end of a mutually authenticated connection; empty for a user. */
    public static Optional<NodeCard> peer(RingDescriptor ring, @Nullable SSLSession session) {
        if (session == null) {
            return Optional.empty();
        }
        try {
            Certificate[] chain = session.getPeerCertificates();
            String pin = TlsIdentity.pin((X509Certificate) chain[0]);
            return ring.everyNode().filter(card -> card.tlsPin().equals(pin)).findFirst();
        } catch (SSLPeerUnverifiedException e) {
            return Optional.empty();
        }
    }
}
