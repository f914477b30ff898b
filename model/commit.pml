/*
 * One object in one ring: put, degraded put, renewals (replace and refresh), settling, lost disks and repair.
 *
 *   -DN=4 -DT=2      the ring
 *   -DL=1            liars; the rest are honest
 *   -DRENEWALS=2     how many renewals are begun, by two clients of the owner who may be at it at once
 *   -DLOSSES=1       how many disks are lost
 *   -DDEGRADED       one honest provider is missing at the put
 *
 * Liars need no state. They know every certificate as soon as it exists; they sign, confirm and say "none" whenever
 * that helps them; and whatever an honest provider can be told at all, it can be told at any time or never. So they
 * hold back, show different things to different parties, and reveal late. Messages are lost in the same way, and a
 * provider's crash is a message that arrives late: it notes durably before it answers.
 */
#ifndef L
#define L (T - 1)
#endif
#ifndef RENEWALS
#define RENEWALS 2
#endif
#ifndef LOSSES
#define LOSSES 0
#endif
#define GENS (RENEWALS + 1)
#define H    (N - L)
#define HONEST (N - L)

#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define MIN(a, b) ((a) < (b) -> (a) : (b))
#ifdef DEGRADED
#define P(w) ((w) == 0 -> N - 1 : N) /* providers on w's path */
#else
#define P(w) N
#endif

/* Rule b: how many confirmations acknowledge w. Control: without those that any t honest ones must meet. */
#ifdef SMALL_QUORUM
#define QUORUM(w) MIN(P(w), 2 * T - 1)
#else
#define QUORUM(w) MIN(P(w), MAX(2 * T - 1, P(w) - T + 1))
#endif

#include "provider.pml"
#include "choices.pml"

#define UNBORN 0
#define OPEN   1 /* its client lives, and has signed neither certificate nor abandonment */
#define CLOSED 2 /* its client has signed one of the two, or has crashed, and the session key is gone */

int  h[H];          /* the honest providers' records, sorted */
byte session[GENS];
byte base[GENS];    /* the certified generation that w continues */
byte cert;          /* bit w: w's certificate has been signed */
byte aband;         /* bit w: w's session key has signed its abandonment */
byte acked;         /* bit w: w has been acknowledged */
byte losses;
byte c, k, j, m, s, v; /* counters, 0 between the steps */
int  x;

#define certified(w)       (cert & (1 << (w)))
#define on_path(i, w)      (!((w) == 0 && (h[i] & OFFPATH)))
#define one_has(k, w, b)   (on_path(k, w) && has(h[k], w, b) -> 1 : 0)
#define one_lacks(k, w, b) (on_path(k, w) && !has(h[k], w, b) -> 1 : 0)
#define one_gone(k, w, b)  ((h[k] & (LOST | MISSING)) -> 1 : 0)
#define one_open(w)        (session[w] == OPEN -> 1 : 0)

/* A client begins to renew a certified generation that it has met; two of the owner's clients may be at it at once. */
#ifdef NO_ORDER
#define SIBLINGS_ONLY(b) (b > 0)
#else
#define SIBLINGS_ONLY(b) false
#endif
#define can_begin(w, b) (b < w && session[w] == UNBORN && certified(b) \
    && IN_ALL(one_open) < 2 && !SIBLINGS_ONLY(b))
inline begin(w, b) {
    printf("a client begins generation %d, which continues %d\n", w, b);
    session[w] = OPEN;
    base[w] = b
}
#define BEGIN(w, b) :: d_step { can_begin(w, b) -> begin(w, b); skip }

/* An honest provider signs u_m of w once it holds w whole. A renewal's order brings the certificate of its base. */
#define can_sign(i, w) (session[w] == OPEN && on_path(i, w) && may_sign(h[i], w) \
    && (w == 0 || has(h[i], base[w], HOLDS)))
inline sign(i, w) {
    printf("provider %d signs %d\n", i, w);
    if
    :: w > 0 -> is_shown(h[i], base[w])
    :: else
    fi;
    h[i] = h[i] | at(w, SIGNED | HOLDS)
}

/* The client has the signatures of all of the path, has done its write check, and signs the certificate. */
#define can_certify(w) (session[w] == OPEN && OF_EACH(one_lacks, w, SIGNED) == 0)
inline close(w) {
    session[w] = CLOSED;
    base[w] = 0;
    for (k : 0 .. H - 1) { h[k] = h[k] & ~at(w, SIGNED) }
}
inline certify(w) {
    printf("the client of %d signs its certificate\n", w);
    cert = cert | (1 << w);
    close(w)
}

/* Or the client signs the abandonment. Control: any client of the owner may, at any time. */
#ifdef ABANDON_BY_OTHERS
#define can_abandon(w) (session[w] != UNBORN && !(aband & (1 << w)))
#else
#define can_abandon(w) (session[w] == OPEN)
#endif
inline abandon(w) {
    printf("generation %d is abandoned\n", w);
    aband = aband | (1 << w);
    close(w)
}

/* Or it crashes, and the session key is gone. */
#define can_crash(w) (session[w] == OPEN)
inline crash(w) {
    printf("the client of %d crashes\n", w);
    close(w)
}

/* A certificate reaches an honest provider: from the client, a reader, a peer or a liar. Control: home's word does. */
#ifdef HOME_DECIDES
#define can_show(i, w) (has(h[i], w, HOLDS) && !has(h[i], w, KNOWS))
#else
#define can_show(i, w) (certified(w) && has(h[i], w, HOLDS) && !has(h[i], w, KNOWS))
#endif
inline deliver(i, w) {
    printf("provider %d is shown that %d is committed\n", i, w);
    is_shown(h[i], w)
}

/* So does an abandonment: the session key's, or the words of all n (of all of the path) that they know none. */
#define can_show_abandonment(i, w) (has(h[i], w, HOLDS) \
    && ((aband & (1 << w)) || OF_EACH(one_lacks, w, NONE) == 0))
inline show_abandonment(i, w) {
    printf("provider %d is shown the abandonment of %d\n", i, w);
    is_shown_abandonment(h[i], w)
}

/* The owner's *settle*, or another provider's question under rule d: it says that it knows no certificate. */
#define can_say_none(i, w) (session[w] != UNBORN && may_say_none(h[i], w))
inline say_none_to_all(i, w) {
    printf("provider %d says that it knows no certificate of %d\n", i, w);
    say_none(h[i], w)
}

/*
 * Rule d: a first put without a certificate is forgotten when n - t others (p - t on a degraded path) have said that
 * they know none, and it has noted so itself.
 */
#define one_word(k, w, b) (on_path(k, w) && has(h[k], w, NONE) -> 1 : 0)
#ifdef FORGET_UNASKED
#define ENOUGH_SAID(i) true
#else
#define ENOUGH_SAID(i) (has(h[i], 0, NONE) && L + OF_EACH(one_word, 0, 0) - one_word(i, 0, 0) >= P(0) - T)
#endif
#ifdef FORGET_BY_TIME
#define can_forget(i, w) (has(h[i], w, HOLDS) && !has(h[i], w, KNOWS) && (w > 0 || ENOUGH_SAID(i)))
#else
#define can_forget(i, w) (has(h[i], w, HOLDS) && !has(h[i], w, KNOWS) && w == 0 && ENOUGH_SAID(i))
#endif
inline forget(i, w) {
    printf("provider %d forgets %d\n", i, w);
    h[i] = h[i] & ~at(w, HOLDS)
}

/* Degraded put: the missing provider opens its private part, checks w and certificate, and commits. */
#define can_catch_up(i, w) ((h[i] & MISSING) && certified(w))
inline catch_up(i, w) {
    printf("provider %d, missing until now, has got its part\n", i);
    h[i] = (h[i] & ~MISSING) | at(w, HOLDS | KNOWS)
}

/* A disk is lost. Liars, losses and who is still missing are at most n - t at any time. */
#define can_lose(i, w) (losses < LOSSES && !(h[i] & (LOST | MISSING)) && L + OF_EACH(one_gone, 0, 0) < N - T)
inline lose(i, w) {
    printf("provider %d loses its disk\n", i);
    losses++;
    h[i] = (h[i] & ~EACH(HOLDS | KNOWS)) | LOST;
    for (v : 0 .. GENS - 1) { h[i] = h[i] | (session[v] != UNBORN -> at(v, FLOOR) : 0) }
}

/*
 * Repair brings everything that t others hold, prepared or committed, with the certificates that they know. It is
 * done when every w below the floor has expired: no client certifies w after that, nor adds up confirmations from
 * before with those from after. Liars may help (b = 1) or not.
 */
#ifdef REPAIR_EARLY
#define EXPIRED(i, w) true
#else
#define EXPIRED(i, w) (!(session[w] == OPEN && has(h[i], w, FLOOR)))
#endif
#ifdef REPAIR_COMMITTED
#define BROUGHT m
#else
#define BROUGHT true
#endif
#define can_repair(i, w) ((h[i] & LOST) && OF_ALL(EXPIRED, i))
inline repair(i, b) {
    printf("provider %d is repaired\n", i);
    for (v : 0 .. GENS - 1) {
        c = L * b;
        m = 0;
        for (k : 0 .. H - 1) {
            if
            :: k != i && has(h[k], v, HOLDS) -> c++; m = (has(h[k], v, KNOWS) -> 1 : m)
            :: else
            fi
        }
        h[i] = h[i] | (c >= T && BROUGHT -> at(v, HOLDS) | (m -> at(v, KNOWS) : 0) : 0)
    }
    h[i] = h[i] & ~(LOST | EACH(CONF))
}
#define repair_unhelped(i, w) repair(i, 0)
#define repair_helped(i, w) repair(i, 1)

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
 * The properties.
 *
 * 1. Of one w there is never a certificate and an abandonment by its session key; and nothing that is acknowledged is
 *    ever abandoned. w counts as acknowledged from the moment when enough confirmations have been *sent*, whether or
 *    not a client lived to see them.
 * 2. What is acknowledged stays readable from any t honest ones, and no reader goes back behind it. A reader of S
 *    shows the certificates that it meets there to all of S (rule e), and takes the highest certified generation that
 *    all of S hold: there must be one, not below what is acknowledged.
 */
inline check() {
    for (v : 0 .. GENS - 1) {
        acked = acked | (certified(v) && OF_EACH(one_has, v, CONF) > 0 && L + OF_EACH(one_has, v, CONF) >= QUORUM(v) -> 1 << v : 0);
        assert(!(certified(v) && (aband & (1 << v))));
        assert(!((acked & (1 << v)) && ((aband & (1 << v)) || OF_EACH(one_lacks, v, NONE) == 0)))
    }
    if
    :: acked ->
        j = (acked >= 8 -> 3 : (acked >= 4 -> 2 : (acked >= 2 -> 1 : 0))); /* the highest acknowledged */
        for (s : 1 .. (1 << H) - 1) { /* S */
            c = 0; m = 0; x = -1;
            for (k : 0 .. H - 1) {
                if
                :: s & (1 << k) ->
                    c = c + (one_gone(k, 0, 0) -> 100 : 1);
                    x = x & h[k];    /* what all of S hold */
                :: else
                fi
            }
            if
            :: c == T ->
                for (k : 0 .. H - 1) {
                    if
                    :: s & (1 << k) -> m = m | ((((h[k] & EACH(KNOWS)) >> 1) & x & EACH(HOLDS)) >= at(j, 1))
                    :: else
                    fi
                }
                assert(m)
            :: else
            fi
        }
    :: else
    fi
}

/*
 * 3. Progress. Suppose that whatever was to happen has happened, and that the owner's client now reaches all honest
 *    providers: it repairs who lost a disk, shows everybody the certificates and the abandonments that any honest one
 *    has met, and settles what is left, with the liars' words (b = 1) or without (b = 0). Then the highest certified generation is with
 *    every honest one, so that the next renewal, or a move, can go on from it; and with the liars' words nothing
 *    higher is left pending. A first put that was never acknowledged may have been forgotten by some.
 */
#define one_dropped(k, w, b) (has(h[k], w, NONE) && !has(h[k], w, HOLDS) && !(h[k] & above(w, KNOWS)) -> 1 : 0)
#define may_abandon(w, b) ((b || OF_EACH(one_dropped, w, 0)) && session[w] != UNBORN \
    && OF_EACH(one_lacks, w, NONE) == 0)
inline recover(b) {
    for (v : 0 .. GENS - 1) {
        if
        :: session[v] == OPEN -> session[v] = CLOSED
        :: else
        fi
    }
    for (s : 0 .. H - 1) {
        if
        :: h[s] & LOST -> repair(s, 0)
        :: else
        fi
    }
    for (v : 0 .. GENS - 1) {
        for (k : 0 .. H - 1) {
            if
            :: (h[k] & MISSING) && v == 0 && OF_EACH(one_has, v, KNOWS) > 0 -> catch_up(k, 0)
            :: OF_EACH(one_has, v, KNOWS) > 0 -> is_shown(h[k], v)
            :: else
            fi
        }
    }
    for (v : 0 .. GENS - 1) {
        for (k : 0 .. H - 1) {
            if
            :: session[GENS - 1 - v] != UNBORN && may_say_none(h[k], GENS - 1 - v) -> say_none(h[k], GENS - 1 - v)
            :: else
            fi
        }
        if
        :: may_abandon(GENS - 1 - v, b) ->
            for (k : 0 .. H - 1) { is_shown_abandonment(h[k], GENS - 1 - v) }
        :: else
        fi
    }
    m = GENS;
    for (v : 0 .. GENS - 1) {
        if
        :: OF_EACH(one_has, v, KNOWS) > 0 -> m = v
        :: else
        fi
    }
    for (k : 0 .. H - 1) {
        assert(m == GENS || has(h[k], m, HOLDS) || (m == 0 && !(acked & 1)));
        assert(!b || !(h[k] & (m == GENS -> EACH(HOLDS) : above(m, HOLDS))))
    }
}

active proctype ring() {
#ifdef DEGRADED
    h[H - 1] = MISSING | OFFPATH;
#endif
    session[0] = OPEN;
again:
    atomic {
        if
#if RENEWALS > 0
        BEGIN(1, 0)
#endif
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
#ifdef FORGET_BY_TIME
        CHOICES(can_forget, forget)
#else
        PROVIDERS(can_forget, forget, 0)
#endif
#ifdef DEGRADED
        PROVIDERS(can_catch_up, catch_up, 0)
#endif
#if LOSSES > 0
        PROVIDERS(can_lose, lose, 0)
        PROVIDERS(can_repair, repair_unhelped, 0)
        PROVIDERS(can_repair, repair_helped, 0)
#endif
#ifndef SAFETY_ONLY
        :: d_step { true -> printf("all honest providers are reached, the liars are silent\n"); recover(0); skip }; goto end
        :: d_step { true -> printf("all honest providers are reached, the liars help\n"); recover(1); skip }; goto end
#endif
        fi;
        d_step {
            sort();
            check();
            c = 0; k = 0; j = 0; m = 0; s = 0; v = 0; x = 0;
            skip
        }
    }
    goto again;
end:
    skip
}
