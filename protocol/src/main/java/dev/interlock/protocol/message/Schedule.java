package dev.interlock.protocol.message;

/**
 * When an object is to be destroyed at one provider: what the owner asks for, and what the provider answers, which is the earlier
 * of two times where it was scheduled before.
 *
 * @param destroyMillis since 1970, by the provider's clock
 */
public record Schedule(long destroyMillis) {}
