package dev.interlock.bench.ring;

import dev.interlock.core.sharing.Threshold;

/**
 * How often each byte of an object of protocol 3, blinded, must be encrypted for a channel, hashed and stored (SPEC §§7–9),
 * and what that takes at least.
 *
 * @param n providers
 * @param t of them open the object
 */
record StreamModel(int n, int t) {

    /**
     * What the machine does with bytes.
     *
     * @param tlsCpu seconds of CPU to pass a byte through TLS, both ends
     * @param hashCpu seconds of CPU to hash a byte
     * @param write seconds to make a byte durable while several files are being written
     * @param read seconds to read a byte that is in the page cache
     * @param cores what the processes share
     */
    record Machine(double tlsCpu, double hashCpu, double write, double read, int cores) {}

    static StreamModel of(Threshold threshold) {
        return new StreamModel(threshold.n(), threshold.t());
    }

    /** The ciphertext is at so many providers that any t of them have it among them. */
    int homes() {
        return n - t + 1;
    }

    /** Passes through TLS in a put. */
    int putPasses() {
        int shares = n; // dealer to every provider
        int input = 1; // user to the first hop
        int hops = n - 1; // from each hop to the next
        int home = 1; // the last hop to the first of the homes
        int furtherHomes = homes() - 1;
        return shares + input + hops + home + furtherHomes;
    }

    /** Times that a byte is hashed in a put. */
    int putHashes() {
        int message = 1; // the user commits to it
        int sharesAtTheDealer = n;
        int sharesAtTheirProviders = n;
        return message + sharesAtTheDealer + sharesAtTheirProviders;
    }

    /** Durable copies that a put makes: a share at every provider, the ciphertext at every home. */
    int putCopies() {
        return n + homes();
    }

    /** Passes through TLS in a get whose home is in S: t − 1 hops, and the last to the user. */
    int getPasses() {
        return t;
    }

    /** Times that a byte is hashed in a get: the user checks the message. */
    int getHashes() {
        return 1;
    }

    /** Stored copies that a get reads: t shares and the ciphertext. */
    int getReads() {
        return t + 1;
    }

    /** The CPU seconds that a put of so many bytes can't do without. */
    double putCpu(long bytes, Machine machine) {
        return bytes * (putPasses() * machine.tlsCpu() + putHashes() * machine.hashCpu());
    }

    /** The CPU seconds that a get of so many bytes can't do without. */
    double getCpu(long bytes, Machine machine) {
        return bytes * (getPasses() * machine.tlsCpu() + getHashes() * machine.hashCpu());
    }

    /** The seconds that a put can't be quicker than, all parties on one machine with one disk. */
    double putSeconds(long bytes, Machine machine) {
        return Math.max(putCpu(bytes, machine) / machine.cores(), bytes * putCopies() * machine.write());
    }

    /** The seconds that a get can't be quicker than, all parties on one machine. */
    double getSeconds(long bytes, Machine machine) {
        return Math.max(getCpu(bytes, machine) / machine.cores(), bytes * getReads() * machine.read());
    }
}
