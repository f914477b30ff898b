/*
 * One object and two rings (or two epochs of one): it is renewed in either and moved between them.
 *
 *   -DN=3 -DT=2      both rings
 *   -DL=1            liars in each; the rest are honest
 *   -DRENEWALS=2     how many generations are begun after the first put: each is a renewal or a move
 *
 * It begins where commit.pml ends: generation 0 is acknowledged in ring A and committed at every honest provider
 * there. Providers 0 .. H-1 are A's honest ones, H .. 2H-1 are B's. Liars, messages, crashes and the order of
 * generations are as in commit.pml; the numbers are the object's, over both rings.
 */
#ifndef L
#define L (T - 1)
#endif
#ifndef RENEWALS
#define RENEWALS 2
#endif
#define GENS   (RENEWALS + 1)
#define H      (N - L)
#define HONEST (2 * (N - L))
#define FIRST(i) ((i) == 0 || (i) == H || h[i] != h[(i) - ((i) > 0)])

#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define QUORUM    MAX(2 * T - 1, N - T + 1) /* rule b; never more than N */

#include "provider.pml"
#include "choices.pml"

#define UNBORN 0
#define OPEN   1
#define CLOSED 2

/* The lowest generation that isn't ended at this provider: its tombstone. */
#define TOMB   24
#define live(r) (((r) >> TOMB) & 7)

int  h[HONEST];
byte session[GENS];
byte base[GENS];    /* the certified generation that w continues; of a move, until its source has been ended */
byte in_b;          /* bit w: w is in ring B */
byte cert, aband, acked;
byte ended;         /* bit w: w is a move, and its client has made the destroy statement for its source */
byte c, k, j, m, s, v, o;
int  x;

#define certified(w)       (cert & (1 << (w)))
#define ring_of(w)         ((in_b >> (w)) & 1)
#define ring_at(k)         ((k) >= H -> 1 : 0)
#define in_its_ring(k, w)  (ring_of(w) == ring_at(k))
#define is_move(w)         (w > 0 && ring_of(w) != ring_of(base[w]))
#define one_has(k, w, b)   (in_its_ring(k, w) && has(h[k], w, b) -> 1 : 0)
#define one_lacks(k, w, b) (in_its_ring(k, w) && !has(h[k], w, b) -> 1 : 0)
#define one_open(w)        (session[w] == OPEN -> 1 : 0)

/* A client begins to renew, or to move, a certified generation that it has met; two of the owner's at once. */
#define can_begin(w, b) (b < w && session[w] == UNBORN && certified(b) && IN_ALL(one_open) < 2)
inline begin(w, b, ring) {
    printf("a client begins generation %d in ring %d, which continues %d\n", w, ring, b);
    session[w] = OPEN;
    base[w] = b;
    in_b = in_b | (ring << w)
}
#ifdef MOVE_UNDER_D
#define MOVES_ONLY(b, ring) (ring_of(b) != ring)
#else
#define MOVES_ONLY(b, ring) true
#endif
#define BEGIN(w, b) :: d_step { can_begin(w, b) && MOVES_ONLY(b, 0) -> begin(w, b, 0); skip } \
    :: d_step { can_begin(w, b) && MOVES_ONLY(b, 1) -> begin(w, b, 1); skip }

/*
 * An honest provider signs u_m of w: of a renewal, if it holds what w continues; of a move to its ring, as of a put.
 * Nothing that has been ended is signed again.
 */
#define can_sign(i, w) (session[w] == OPEN && in_its_ring(i, w) && may_sign_here(h[i], w) \
    && (is_move(w) || has(h[i], base[w], HOLDS)))
#define may_sign_here(r, w) (w >= live(r) && !has(r, w, SIGNED | HOLDS | NONE) && !((r) & above(w, KNOWS)))
inline sign(i, w) {
    printf("provider %d signs %d\n", i, w);
    if
    :: !is_move(w) -> is_shown(h[i], base[w])
    :: else
    fi;
    h[i] = h[i] | at(w, SIGNED | HOLDS)
}

#define can_certify(w) (session[w] == OPEN && OF_EACH(one_lacks, w, SIGNED) == 0)
inline close(w) {
    session[w] = CLOSED;
    base[w] = (is_move(w) && certified(w) -> base[w] : 0);
    for (k : 0 .. HONEST - 1) { h[k] = h[k] & ~at(w, SIGNED) }
}
inline certify(w) {
    printf("the client of %d signs its certificate\n", w);
    cert = cert | (1 << w);
    close(w)
}

#define can_abandon(w) (session[w] == OPEN)
inline abandon(w) {
    printf("generation %d is abandoned\n", w);
    aband = aband | (1 << w);
    close(w)
}

#define can_crash(w) (session[w] == OPEN)
inline crash(w) {
    printf("the client of %d crashes\n", w);
    close(w)
}

#define can_show(i, w) (certified(w) && in_its_ring(i, w) && has(h[i], w, HOLDS) && !has(h[i], w, KNOWS))
inline deliver(i, w) {
    printf("provider %d is shown that %d is committed\n", i, w);
    is_shown(h[i], w)
}

#define can_show_abandonment(i, w) (has(h[i], w, HOLDS) \
    && ((aband & (1 << w)) || OF_EACH(one_lacks, w, NONE) == 0))
inline show_abandonment(i, w) {
    printf("provider %d is shown the abandonment of %d\n", i, w);
    is_shown_abandonment(h[i], w)
}

#define can_say_none(i, w) (session[w] != UNBORN && in_its_ring(i, w) && w >= live(h[i]) && may_say_none(h[i], w))
inline say_none_to_all(i, w) {
    printf("provider %d says that it knows no certificate of %d\n", i, w);
    say_none(h[i], w)
}

/*
 * A move's w continues something, so that its put is under rule c: it is never forgotten by time. Control: it is under
 * rule d like a first put, and forgotten when n - t others know no certificate.
 */
#define is_a_move(w) (w > 0 && ring_of(w) == 1)
#define can_forget(i, w) (is_a_move(w) && has(h[i], w, HOLDS) && !has(h[i], w, KNOWS) && has(h[i], w, NONE) \
    && L + OF_EACH(one_has, w, NONE) - 1 >= N - T)
inline forget(i, w) {
    printf("provider %d forgets %d\n", i, w);
    h[i] = h[i] & ~at(w, HOLDS)
}

/*
 * The mover (or another client of the owner, if it crashed) has the acknowledgement of w by rule b, and signs the
 * destroy statement for the source. It names ring and epoch, and the highest generation that it ends: the one that w
 * continues. Control: made when all of the destination have signed, before there is a certificate.
 */
#ifdef ERASE_AT_SIGNATURES
#define can_end(w) (is_move(w) && session[w] == OPEN && !(ended & (1 << w)) && OF_EACH(one_lacks, w, SIGNED) == 0)
#else
#define can_end(w) (is_move(w) && (acked & (1 << w)) && !(ended & (1 << w)))
#endif
inline end_source(w) {
    printf("the owner ends what %d continues: ring %d, up to %d\n", w, ring_of(base[w]), base[w]);
    ended = ended | (1 << w)
}

/* Anybody may bring that statement to a provider, at any time. Control: it names the ring, but no generation. */
#ifdef NO_SCOPE
#define SCOPE(w) (GENS - 1)
#define LEAVES 0
#define STILL_LIVE(i, w) (h[i] & EACH(HOLDS))
#else
#define SCOPE(w) base[w]
#define LEAVES (SCOPE(w) + 1)
#define STILL_LIVE(i, w) (live(h[i]) <= SCOPE(w))
#endif
#define can_destroy(i, w) ((ended & (1 << w)) && ring_of(base[w]) == ring_at(i) && STILL_LIVE(i, w))
inline destroy(i, w) {
    printf("provider %d is shown that statement\n", i);
    o = MAX(LEAVES, live(h[i]));
    h[i] = (h[i] & ~(below(SCOPE(w) + 1, HOLDS | KNOWS) | (7 << TOMB))) | (o << TOMB)
}

inline sort() {
    for (s : 0 .. 1) {
        for (j : 0 .. H - 2) {
            for (k : s * H .. s * H + H - 2 - j) {
                if
                :: h[k] > h[k + 1] -> x = h[k]; h[k] = h[k + 1]; h[k + 1] = x
                :: else
                fi
            }
        }
    }
}

/* All of S (a set of ring o) hold w, and one of them knows its certificate. */
#define one_in(k)      ((s >> (k)) & 1)
#define reads_at(k, w) (!one_in(k) || has(h[o * H + k], w, HOLDS))
#define knows_at(k, w) (one_in(k) && has(h[o * H + k], w, KNOWS))
#if (N - L) == 2
#define READS(w) (reads_at(0, w) && reads_at(1, w) && (knows_at(0, w) || knows_at(1, w)))
#else
#define READS(w) (reads_at(0, w) && reads_at(1, w) && reads_at(2, w) \
    && (knows_at(0, w) || knows_at(1, w) || knows_at(2, w)))
#endif

/*
 * The properties, beside those of commit.pml for each w.
 *
 * 1. In each ring what is acknowledged stays readable from any t honest ones, and nobody goes back behind it, unless
 *    the owner has ended it there (nothing is destroyed without the owner's statement).
 * 2. The object is never nowhere: in at least one ring any t honest ones open it.
 */
#define ends(w) ((ended & (1 << (w))) && ring_of(base[w]) == o)
inline check() {
    m = 0; /* bit o: any t honest ones of ring o open an object */
    for (v : 0 .. GENS - 1) {
        acked = acked | (certified(v) && L + OF_EACH(one_has, v, CONF) >= QUORUM -> 1 << v : 0);
        assert(!(certified(v) && (aband & (1 << v))));
        assert(!((acked & (1 << v)) && ((aband & (1 << v)) || OF_EACH(one_lacks, v, NONE) == 0)))
    }
    for (o : 0 .. 1) {
        v = acked & (o -> in_b : ~in_b);
        j = (v >= 8 -> 3 : (v >= 4 -> 2 : (v >= 2 -> 1 : 0)));     /* the highest acknowledged in this ring */
        x = 1;                                                     /* every S of it can read, not below j */
        for (s : 1 .. (1 << H) - 1) {
            c = 0;
            for (k : 0 .. H - 1) { c = c + ((s >> k) & 1) }
            if
            :: c == T ->
                c = 0; /* a certified generation that all of S hold, plus 1 */
                for (k : 0 .. GENS - 1) { c = (READS(k) -> k + 1 : c) }
                x = (c == 0 -> 0 : (x && c <= j -> 2 : x))
            :: else
            fi
        }
        m = m | (x -> 1 << o : 0);
        c = 0; /* what the owner has ended in this ring, plus 1 */
        for (k : 1 .. GENS - 1) { c = (ends(k) && base[k] >= c -> base[k] + 1 : c) }
        assert(v == 0 || x == 1 || c > j)
    }
    assert(m)
}
/*
 * 3. Progress: the owner's client reaches all honest providers, shows the certificates and statements that any honest
 *    one knows, and settles what is left, with the liars' words (b = 1) or without. Then in each ring the highest
 *    certified generation is with every honest provider that hasn't ended it.
 */
#define one_dropped(k, w, b) (in_its_ring(k, w) && has(h[k], w, NONE) && !has(h[k], w, HOLDS) \
    && !(h[k] & above(w, KNOWS)) && w >= live(h[k]) -> 1 : 0)
#define may_abandon(w, b) ((b || OF_EACH(one_dropped, w, 0)) && session[w] != UNBORN \
    && OF_EACH(one_lacks, w, NONE) == 0)
#define one_told(k, w, b) (ring_of(base[w]) == ring_at(k) && live(h[k]) > base[w] -> 1 : 0)
inline recover(b) {
    for (v : 0 .. GENS - 1) {
        for (k : 0 .. HONEST - 1) {
            if
            :: in_its_ring(k, v) && OF_EACH(one_has, v, KNOWS) > 0 -> is_shown(h[k], v)
            :: else
            fi
        }
    }
    for (v : 1 .. GENS - 1) {
        for (k : 0 .. HONEST - 1) {
            if
            :: can_destroy(k, v) && OF_EACH(one_told, v, 0) > 0 -> destroy(k, v)
            :: else
            fi
        }
    }
    for (v : 0 .. GENS - 1) {
        for (k : 0 .. HONEST - 1) {
            if
            :: can_say_none(k, GENS - 1 - v) -> say_none(h[k], GENS - 1 - v)
            :: else
            fi
        }
        if
        :: may_abandon(GENS - 1 - v, b) ->
            for (k : 0 .. HONEST - 1) { is_shown_abandonment(h[k], GENS - 1 - v) }
        :: else
        fi
    }
    for (o : 0 .. 1) {
        m = GENS;
        for (v : 0 .. GENS - 1) {
            m = (ring_of(v) == o && OF_EACH(one_has, v, KNOWS) > 0 -> v : m)
        }
        for (k : 0 .. HONEST - 1) {
            assert(m == GENS || ring_at(k) != o || has(h[k], m, HOLDS) || live(h[k]) > m);
            assert(!b || ring_at(k) != o || !(h[k] & (m == GENS -> EACH(HOLDS) : above(m, HOLDS))))
        }
    }
}

active proctype rings() {
    d_step {
        session[0] = CLOSED;
        cert = 1;
        acked = 1;
        for (k : 0 .. H - 1) { h[k] = at(0, HOLDS | KNOWS | CONF) }
        k = 0
    }
again:
    atomic {
        if
        BEGIN(1, 0)
#if RENEWALS > 1
        BEGIN(2, 0) BEGIN(2, 1)
#endif
#if RENEWALS > 2
        BEGIN(3, 0) BEGIN(3, 1) BEGIN(3, 2)
#endif
        CHOICES(can_sign, sign)
        GENERATIONS(can_certify, certify)
        GENERATIONS(can_abandon, abandon)
        GENERATIONS(can_crash, crash)
        CHOICES(can_show, deliver)
        CHOICES(can_show_abandonment, show_abandonment)
        CHOICES(can_say_none, say_none_to_all)
#ifdef MOVE_UNDER_D
        CHOICES(can_forget, forget)
#endif
        GENERATIONS(can_end, end_source)
        CHOICES(can_destroy, destroy)
#ifndef SAFETY_ONLY
        :: d_step { true -> printf("all honest providers are reached, the liars are silent\n"); recover(0); skip };
            goto end
        :: d_step { true -> printf("all honest providers are reached, the liars help\n"); recover(1); skip };
            goto end
#endif
        fi;
        d_step {
            sort();
            check();
            c = 0; k = 0; j = 0; m = 0; s = 0; v = 0; o = 0; x = 0;
            skip
        }
    }
    goto again;
end:
    skip
}
