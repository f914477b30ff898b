package dev.interlock.audit;

/**
 * One thing that a party saw.
 *
 * @param what in words, to follow the party's name and a verb: "what it received from the user in the write"
 */
record Observation(Party party, String what, Form form) {}
