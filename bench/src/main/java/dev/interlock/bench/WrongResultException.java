package dev.interlock.bench;

/** What was to be measured computed something wrong: its speed says nothing, and the bench ends with exit code 4. */
public final class WrongResultException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public WrongResultException(String message) {
        super(message);
    }
}
