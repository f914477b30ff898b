/*
 * The rules that an honest provider follows, for one object in one ring: shared by commit.pml and move.pml.
 *
 * What an honest provider durably knows of generation w is six bits; its whole record, for all generations, is one
 * int. No rule depends on which provider it is, so the models keep the records sorted, and states that differ only by
 * a renaming of the providers are one state.
 *
 * Generations are named by their place in the order (number, H(w)). 0 is the first put; a client may take any later
 * place that is free, in any sequence. So "higher" is `>`, and whatever numbers two clients choose is covered.
 */

#define SIGNED 1  /* its signature over u_m has left, and w's client may still use it */
#define HOLDS  2  /* holds w whole (share, and ciphertext at a home): prepared or committed */
#define KNOWS  4  /* holds w, and has been shown w's certificate */
#define NONE   8  /* has said "I know no certificate of w and confirm none", and noted it first */
#define CONF   16 /* has confirmed w, so it has committed it */
#define FLOOR  32 /* its store began after w did: it can't tell what it signed, confirmed or said about w before */
#define BITS   6

#define LOST    (1 << 28) /* has lost its disk and isn't repaired yet */
#define OFFPATH (1 << 27) /* isn't on the degraded put's path: signs late, and counts for no certificate or quorum */
#define MISSING (1 << 29) /* couldn't be reached at the degraded put, and hasn't got its part yet */

#define at(w, bits)     ((bits) << (BITS * (w)))
#define has(r, w, bits) ((r) & at(w, bits))
#define EACH(bits)      (at(0, bits) | at(1, bits) | at(2, bits) | at(3, bits))
#define below(w, bits)  (EACH(bits) & (at(w, 1) - 1))
#define above(w, bits)  (EACH(bits) & ~(at((w) + 1, 1) - 1))

/* Rule a, what is lower. Control: generations 1 and 2 carry the same number, and their hashes aren't compared. */
#ifdef NO_ORDER
#define outranked(w) ((w) == 1 -> at(0, HOLDS | KNOWS) | at(2, HOLDS | KNOWS) : below(w, HOLDS | KNOWS))
#else
#define outranked(w) below(w, HOLDS | KNOWS)
#endif

/* Rule c, its word binds it. Control: it doesn't. */
#ifdef CONFIRM_AFTER_NONE
#define bound(r, w) false
#else
#define bound(r, w) has(r, w, NONE | FLOOR)
#endif

/*
 * Rule a: erase below at a certificate. Whoever holds w whole and is shown its certificate, by whomever, commits w,
 * erases what is lower, keeps what is prepared and higher, and confirms.
 * Rule c, second half: who has said that it knows none, or can't tell whether it has, keeps and serves both, and
 * never confirms.
 */
inline is_shown(r, w) {
    if
    :: has(r, w, HOLDS) && bound(r, w)  -> r = r | at(w, KNOWS)
    :: has(r, w, HOLDS) && !bound(r, w) -> r = (r | at(w, KNOWS | CONF)) & ~outranked(w)
    :: else
    fi
}

/* An abandonment of w is shown, by w's session key or made of all n words. */
inline is_shown_abandonment(r, w) {
    r = r & ~at(w, HOLDS | KNOWS)
}

/* Once: it signs w only if it has no trace of w, knows no certificate of anything higher, and has a disk. */
#define may_sign(r, w) (!has(r, w, SIGNED | HOLDS | NONE | FLOOR) && !((r) & (above(w, KNOWS) | LOST)))

/*
 * Rule c (settling) and rule d (answering): it says so only if it knows no certificate of w or of anything higher, and
 * if it has its disk: who lost it may have confirmed w. Control: that one says so, too.
 */
#ifdef LOST_COUNT
#define may_say_none(r, w) (!has(r, w, KNOWS | NONE) && !((r) & above(w, KNOWS)) \
    && (!has(r, w, CONF) || ((r) & LOST)))
#else
#define may_say_none(r, w) (!has(r, w, KNOWS | NONE | CONF) && !((r) & (above(w, KNOWS) | LOST)))
#endif

inline say_none(r, w) {
    r = r | at(w, NONE)
}
