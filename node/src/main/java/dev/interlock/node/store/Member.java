package dev.interlock.node.store;

/**
 * One of several processes that serve a store together.
 *
 * @param number from 1; no other process has it while this one lives, which a lock in the node's folder sees to
 * @param instance drawn anew by each process
 * @param address where the others reach it, {@code host:port}
 * @param lost run once when the others have taken this process for dead: it must end at once
 */
public record Member(int number, String instance, String address, Runnable lost) {}
