/*
 * Schedules and cancels of one object: numbered statements of the owner, and a provider that destroys by itself.
 *
 *   -DN=4 -DT=2         the ring
 *   -DL=1               liars; the rest are honest
 *   -DSTATEMENTS=3      statements that the owner's clients make, each a schedule or a cancel
 *   -DLOSSES=1          how many providers are restored from a backup that lacks the latest statements
 *
 * A statement is named by its place in the order (number, a cancel before a schedule of the same number counting as
 * the higher): a client may take any place that is free, in any sequence. Liars have no state, as in commit.pml: they
 * answer, hide and reveal as they like, and bring any statement that was ever made to anybody at any time.
 * "Due" is one event for all honest clocks; liars' clocks say whatever they like.
 */
#ifndef L
#define L (T - 1)
#endif
#ifndef STATEMENTS
#define STATEMENTS 3
#endif
#ifndef LOSSES
#define LOSSES 0
#endif
#define H         (N - L)
#define HONEST    (N - L)
#define RENEWALS  (STATEMENTS - 1)
#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define MIN(a, b) ((a) < (b) -> (a) : (b))
#define QUORUM    MIN(N, MAX(2 * T - 1, N - T + 1))

#include "choices.pml"

/*
 * An honest provider's record: the highest statement that it has been shown (plus 1); the schedules under which it has
 * asked, or has answered "due, and I know of nothing later"; the cancels that it has confirmed, or has noted without
 * that promise; and the schedule (plus 1) under which it has destroyed.
 */
#define SEEN(r)      ((r) & 7)
#define WORD(w)      (8 << (w))
#define WORDS        (7 << 3)
#define CONFIRMED(w) (64 << (w))
#define NOTED(w)     (1024 << (w))
#define GONE(r)      (((r) >> 14) & 3)
#define DESTROYED    (3 << 14)
#define RESTORED     (1 << 16) /* from a backup, and hasn't caught up yet: says nothing and does nothing */
#define FORGETFUL    (1 << 17) /* was restored once: it can't tell what it has said */

int  h[H];
byte made;    /* bit w: statement w has been made */
byte cancels; /* bit w: it is a cancel */
byte due;     /* the honest clocks have reached every scheduled time */
byte losses, acked;
byte c, k, j;
int  x;

#define exists(w)    (made & (1 << (w)))
#define is_cancel(w) (cancels & (1 << (w)))

#define can_make(w) (!exists(w))
inline schedule(w) {
    printf("the owner signs a schedule, number %d\n", w);
    made = made | (1 << w)
}
inline cancel(w) {
    printf("the owner signs a cancel, number %d\n", w);
    made = made | (1 << w);
    cancels = cancels | (1 << w)
}

/*
 * A statement reaches an honest provider. The highest counts, and lower ones change nothing. A cancel is confirmed
 * only by who hasn't said "due, and I know of nothing later" under any schedule: somebody may have destroyed on that
 * word. Who has said so notes the cancel, shows it from then on, and says that it still holds. Control (REPLAY): the
 * last statement that was shown counts, whatever its number.
 */
#ifdef REPLAY
#define NEWER(i, w) (SEEN(h[i]) != (w) + 1)
#else
#define NEWER(i, w) (SEEN(h[i]) < (w) + 1 || (SEEN(h[i]) == (w) + 1 && is_cancel(w) && !(h[i] & NOTED(w))))
#endif
#ifdef WORD_DOES_NOT_BIND
#define FREE(r) true
#else
#define FREE(r) (!((r) & (WORDS | FORGETFUL)))
#endif
#define can_show(i, w) (exists(w) && NEWER(i, w) && !(h[i] & (DESTROYED | RESTORED)))
inline deliver(i, w) {
    printf("provider %d is shown statement %d\n", i, w);
    h[i] = (h[i] & ~7) | (w + 1);
    if
    :: is_cancel(w) -> h[i] = h[i] | (FREE(h[i]) -> CONFIRMED(w) | NOTED(w) : NOTED(w))
    :: else
    fi
}

/*
 * A provider whose highest statement is a schedule that is due asks the others. Who answers that it is due, and that it
 * knows of nothing later, notes that word durably before it goes out; so does who asks.
 */
#define can_word(i, w) (exists(w) && !is_cancel(w) && due && !(h[i] & WORD(w)) && SEEN(h[i]) <= w + 1 \
    && !(h[i] & (DESTROYED | RESTORED)))
inline word(i, w) {
    printf("provider %d says that %d is due and that it knows of nothing later\n", i, w);
    h[i] = (h[i] & ~7) | WORD(w) | (w + 1)
}

/*
 * It destroys after n - t others have answered and none of them showed a later statement, and t, itself included, have
 * said that it is due.
 */
#define said(k, w, b) ((h[k] & WORD(w)) -> 1 : 0)
#ifdef UNASKED
#define ENOUGH(w) true
#else
#define ENOUGH(w) (L + OF_EACH(said, w, 0) - 1 >= N - T && L + OF_EACH(said, w, 0) >= T)
#endif
#define can_destroy(i, w) (exists(w) && !is_cancel(w) && due && SEEN(h[i]) == w + 1 && (h[i] & WORD(w)) \
    && !(h[i] & (DESTROYED | RESTORED)) && ENOUGH(w))
inline destroy(i, w) {
    printf("provider %d destroys under schedule %d\n", i, w);
    h[i] = h[i] | (w + 1) << 14
}

/* Its clock is due from now on. */
#define can_tick(w) (!due)
inline tick(w) {
    printf("the scheduled times have come\n");
    due = 1
}

/*
 * A provider is restored from a backup without any statement, or word of its own. It catches up from every other one
 * that hasn't been restored, and says and does nothing before; it can't tell what it has said, and counts as one that
 * has given its word. Confirmations from before are not added to those from after. Control: it answers at once.
 */
#define one_restored(k, w, b) ((h[k] & RESTORED) -> 1 : 0)
#define can_restore(i, w) (losses < LOSSES && L + OF_EACH(one_restored, 0, 0) < N - T \
    && !(h[i] & (RESTORED | DESTROYED)))
inline restore(i, w) {
    printf("provider %d is restored from a backup\n", i);
    losses++;
#ifdef RESTORED_ANSWERS
    h[i] = h[i] & ~7
#else
    h[i] = (h[i] & ~7) | RESTORED | FORGETFUL
#endif
}
#define can_catch_up(i, w) (h[i] & RESTORED)
inline catch_up(i, w) {
    printf("provider %d has caught up\n", i);
    x = 0;
    for (k : 0 .. H - 1) { x = (h[k] & RESTORED -> x : MAX(x, SEEN(h[k]))) }
    h[i] = (h[i] & ~(RESTORED | CONFIRMED(0) | CONFIRMED(1) | CONFIRMED(2) | NOTED(0) | NOTED(1) | NOTED(2))) | x
}

inline sort() {
    for (j : 0 .. H - 2) {
        for (k : 0 .. H - 2 - j) {
            if
            :: h[k] > h[k + 1] -> x = h[k]; h[k] = h[k + 1]; h[k + 1] = x
            :: else
            fi
        }
    }
}

/*
 * The properties. A cancel counts as acknowledged when enough have confirmed it, or all n have noted it and still hold
 * the object.
 * 1. A cancel that is acknowledged holds: no honest provider has destroyed, or ever destroys, under a lower schedule.
 * 2. Nobody destroys before the time, nor without a schedule that the owner signed (by the guard of can_destroy).
 */
#define confirms(k, w, b) ((h[k] & CONFIRMED(w)) -> 1 : 0)
#define notes(k, w, b)    ((h[k] & NOTED(w)) && !(h[k] & DESTROYED) -> 1 : 0)
inline check() {
    for (j : 0 .. STATEMENTS - 1) {
        acked = acked | (is_cancel(j) && OF_EACH(confirms, j, 0) > 0 \
            && (L + OF_EACH(confirms, j, 0) >= QUORUM || OF_EACH(notes, j, 0) == H) -> 1 << j : 0);
        for (k : 0 .. H - 1) {
            assert(!((acked & (1 << j)) && (h[k] & DESTROYED) && GONE(h[k]) <= j + 1))
        }
    }
}

/*
 * 3. Progress: all honest providers are reached, and are shown the highest statement. If it is a schedule and due, each
 *    of them can destroy, though the liars are silent. If it is a cancel, it can be acknowledged, or the command tells
 *    that somebody has destroyed already.
 */
#define one_destroyed(k, w, b) ((h[k] & DESTROYED) -> 1 : 0)
inline recover() {
    for (j : 0 .. H - 1) {
        if
        :: h[j] & RESTORED -> catch_up(j, 0)
        :: else
        fi
    }
    x = 0;
    for (j : 0 .. STATEMENTS - 1) { x = (exists(j) -> j + 1 : x) }
    if
    :: x > 0 ->
        for (j : 0 .. H - 1) {
            if
            :: can_show(j, x - 1) -> deliver(j, x - 1)
            :: else
            fi
        }
        for (j : 0 .. H - 1) {
            if
            :: can_word(j, x - 1) -> word(j, x - 1)
            :: else
            fi
        }
        c = x - 1;
        assert(is_cancel(c) || !due || OF_EACH(said, c, 0) - 1 >= N - T || OF_EACH(one_destroyed, 0, 0) > 0);
        assert(!is_cancel(c) || OF_EACH(notes, c, 0) == H || OF_EACH(one_destroyed, 0, 0) > 0)
    :: else
    fi
}

active proctype ring() {
again:
    atomic {
        if
        GENERATIONS(can_make, schedule)
        GENERATIONS(can_make, cancel)
        CHOICES(can_show, deliver)
        CHOICES(can_word, word)
        CHOICES(can_destroy, destroy)
        ALONE(can_tick, tick, 0)
#if LOSSES > 0
        PROVIDERS(can_restore, restore, 0)
        PROVIDERS(can_catch_up, catch_up, 0)
#endif
#ifndef SAFETY_ONLY
        :: d_step { true -> printf("all honest providers are reached\n"); recover(); skip }; goto end
#endif
        fi;
        d_step {
            sort();
            check();
            c = 0; k = 0; j = 0; x = 0;
            skip
        }
    }
    goto again;
end:
    skip
}
