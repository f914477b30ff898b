/*
 * How the models write "some honest provider i and some generation w". CHOICES(can, does) stands for one option of a
 * selection for each i and w,
 *
 *     :: can(i, w) -> does(i, w)
 *
 * and OF_EACH(f, w, bits) for the sum of f(k, w, bits) over the HONEST providers k. A provider whose record equals
 * that of the one before it in the same ring has nothing new to choose, and is left out.
 */
#ifndef FIRST
#define FIRST(i) ((i) == 0 || h[i] != h[(i) - ((i) > 0)])
#endif

#define CHOICE(can, does, i, w) :: d_step { FIRST(i) && can(i, w) -> does(i, w); skip }
#define ALONE(can, does, w)     :: d_step { can(w) -> does(w); skip }

#if HONEST > 1
#define AT1(can, does, w) CHOICE(can, does, 1, w)
#define OF1(f, w, b)      + f(1, w, b)
#else
#define AT1(can, does, w)
#define OF1(f, w, b)
#endif
#if HONEST > 2
#define AT2(can, does, w) CHOICE(can, does, 2, w)
#define OF2(f, w, b)      + f(2, w, b)
#else
#define AT2(can, does, w)
#define OF2(f, w, b)
#endif
#if HONEST > 3
#define AT3(can, does, w) CHOICE(can, does, 3, w)
#define OF3(f, w, b)      + f(3, w, b)
#else
#define AT3(can, does, w)
#define OF3(f, w, b)
#endif
#if HONEST > 4
#define AT4(can, does, w) CHOICE(can, does, 4, w)
#define OF4(f, w, b)      + f(4, w, b)
#else
#define AT4(can, does, w)
#define OF4(f, w, b)
#endif
#if HONEST > 5
#define AT5(can, does, w) CHOICE(can, does, 5, w)
#define OF5(f, w, b)      + f(5, w, b)
#else
#define AT5(can, does, w)
#define OF5(f, w, b)
#endif

#define OF_EACH(f, w, b) (f(0, w, b) OF1(f, w, b) OF2(f, w, b) OF3(f, w, b) OF4(f, w, b) OF5(f, w, b))
#define PROVIDERS(can, does, w) CHOICE(can, does, 0, w) AT1(can, does, w) AT2(can, does, w) AT3(can, does, w) \
    AT4(can, does, w) AT5(can, does, w)

#if RENEWALS >= 1
#define AND1(can, does)  PROVIDERS(can, does, 1)
#define GEN1(can, does)  ALONE(can, does, 1)
#define ALL1(f, i)       && f(i, 1)
#define SUM1(f)          + f(1)
#else
#define AND1(can, does)
#define GEN1(can, does)
#define ALL1(f, i)
#define SUM1(f)
#endif
#if RENEWALS >= 2
#define AND2(can, does)  PROVIDERS(can, does, 2)
#define GEN2(can, does)  ALONE(can, does, 2)
#define ALL2(f, i)       && f(i, 2)
#define SUM2(f)          + f(2)
#else
#define AND2(can, does)
#define GEN2(can, does)
#define ALL2(f, i)
#define SUM2(f)
#endif
#if RENEWALS >= 3
#define AND3(can, does)  PROVIDERS(can, does, 3)
#define GEN3(can, does)  ALONE(can, does, 3)
#define ALL3(f, i)       && f(i, 3)
#define SUM3(f)          + f(3)
#else
#define AND3(can, does)
#define GEN3(can, does)
#define ALL3(f, i)
#define SUM3(f)
#endif

#define CHOICES(can, does)     PROVIDERS(can, does, 0) AND1(can, does) AND2(can, does) AND3(can, does)
#define GENERATIONS(can, does) ALONE(can, does, 0) GEN1(can, does) GEN2(can, does) GEN3(can, does)
#define OF_ALL(f, i)           (f(i, 0) ALL1(f, i) ALL2(f, i) ALL3(f, i))
#define IN_ALL(f)              (f(0) SUM1(f) SUM2(f) SUM3(f))
