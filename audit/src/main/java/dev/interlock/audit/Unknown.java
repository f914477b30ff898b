package dev.interlock.audit;

/**
 * One thing that is drawn at random, or m itself: an axis of the space of forms.
 *
 * @param index from 0, in the order in which they were drawn
 * @param symbol for formulas: {@code a0}
 */
record Unknown(int index, String symbol) implements Comparable<Unknown> {
    @Override
    public int compareTo(Unknown other) {
        return Integer.compare(index, other.index);
    }

    @Override
    public String toString() {
        return symbol;
    }
}
