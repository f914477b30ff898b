package dev.interlock.bench.kernels;

import java.util.List;

/**
 * Some that do comparable work on the same buffers, and the check of what they compute.
 *
 * @param check calls each of them anew and throws {@link dev.interlock.bench.WrongResultException} if a byte is wrong
 */
record Contest(List<Contender> contenders, Runnable check) {}
