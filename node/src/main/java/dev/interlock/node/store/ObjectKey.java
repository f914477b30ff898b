package dev.interlock.node.store;

import dev.interlock.core.secret.SecretBytes;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.security.Key;
import java.security.SecureRandom;

/** The AES-256 key of one object, off the heap until a cipher asks for it. */
final class ObjectKey implements AutoCloseable {
    static final int BYTES = 32;

    private final SecretBytes bytes;

    private ObjectKey(SecretBytes bytes) {
        this.bytes = bytes;
    }

    static ObjectKey random(SecureRandom random) {
        return new ObjectKey(SecretBytes.random(BYTES, random));
    }

    /** Takes the bytes over and wipes the array. */
    static ObjectKey taking(byte[] key) {
        return new ObjectKey(SecretBytes.taking(key));
    }

    /** The caller wipes it. */
    byte[] copyToHeap() {
        return bytes.copyToHeap();
    }

    /** A SecretKeySpec would hold a copy on the heap for as long as the blob is open; the JDK wipes this one's. */
    Key forCipher() {
        return new CipherKey(bytes);
    }

    @Override
    public void close() {
        bytes.close();
    }

    private static final class CipherKey implements Key {
        private static final long serialVersionUID = 1L;
        private final transient SecretBytes bytes;

        CipherKey(SecretBytes bytes) {
            this.bytes = bytes;
        }

        @Override
        public String getAlgorithm() {
            return "AES";
        }

        @Override
        public String getFormat() {
            return "RAW";
        }

        @Override
        public byte[] getEncoded() {
            return bytes.copyToHeap();
        }

        private void writeObject(ObjectOutputStream out) throws NotSerializableException {
            throw new NotSerializableException("an object's key");
        }
    }
}
