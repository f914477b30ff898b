package dev.interlock.audit;

import java.util.List;

/**
 * What all parties saw of one pass.
 *
 * @param name "the write", "read 1"
 * @param irregular what broke a rule of the protocol, in words; nothing unless a fault was planted
 */
record Pass(String name, List<Observation> observations, List<String> irregular) {
    Pass {
        observations = List.copyOf(observations);
        irregular = List.copyOf(irregular);
    }
}
