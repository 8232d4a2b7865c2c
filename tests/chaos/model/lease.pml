/* The lease protocol for one job: lease, publish, claim, intend, call, finish, take over, find what was lost.

   Two relays and two workers, each of which may crash between any two of its steps and starts again, as the platform
   does. Messages are lost (FLUSHALL) and delivered twice; a live worker is taken for dead (SIGSTOP past its lease) and
   answers late; the provider refuses, or has the effect and never says so, or has it not and never says so.

   One job is enough: every statement is guarded by the row of the one job it moves, also where it moves the hundreds that
   one message or one batch names; a part of them that goes another way is this job or is not. A message is nothing but the
   job's id, so the wire is a number. `atomic` stands for one SQL statement, and for nothing longer.

   What holds (checked by test_model.py, without -DIDEMPOTENT for SMTP, with it for the newsletter):
     safety    SMTP: at most one effect, whoever crashes when. Newsletter: any number of calls, and the provider makes one
               effect of them. Succeeded means that there is an effect, and stays. Each claim counts at most once. A doubt
               is resolved by the late answer of the claim that left it, and by nobody else's.
     liveness  the job becomes final (succeeded or unknown) and stays so, whatever happened, once faults have stopped.

   What is assumed, since it is about time and there is none in here: a message that has been taken from the queue is
   claimed soon, and what was leased is published soon, unless whoever has it is dead. (Four seconds in the code. Where
   it is not so, a job is only published once more: that is one of the faults.)

   What is left out: a person who replays an unknown job (and may so repeat a mail, knowingly).

   With -DBROKEN the end of a claim does not look at the claim number. With -DNO_INTENT the point of no return is not
   recorded. With -DNO_TAKEOVER a dead worker's job is left to it. All three must fail. */

#ifndef FAULTS
#define FAULTS 3 /* of any kind, in any order, at any moment */
#endif
#define CLAIMS (FAULTS + 2)

mtype = { STAGED, QUEUED, RUNNING, SUCCEEDED, UNKNOWN };
mtype = { YES, NO, SILENCE, NOT_OURS };

#define FINAL (state == SUCCEEDED || state == UNKNOWN)
#define QUIET (FINAL && wire == 0 && !taking[0] && !taking[1] && !busy[0] && !busy[1])

/* The row. STAGED stands for retrying as well: due again. */
mtype state = STAGED;
byte claim, settled, intent;

/* The wire, and who is between taking and claiming, between claiming and answering, between leasing and publishing. */
byte wire;
bool taking[2], busy[2], publishing[2];

/* The world. */
bool gone[CLAIMS];    /* by claim number: its worker is dead */
byte counted[CLAIMS]; /* by claim number: how often it counted */
byte effects;
byte faults = FAULTS;

inline effect() {
#ifdef IDEMPOTENT
  effects = 1
#else
  effects++;
  assert(effects <= 1)
#endif
}

/* The executor is gone, or taken for it. */
inline take_over() {
  if
#ifndef NO_INTENT
  :: intent == claim -> state = UNKNOWN
#endif
  :: else -> state = STAGED
  fi
}

inline settle(to) {
  atomic {
    if
#ifdef BROKEN
    :: true ->
#else
    :: claim == mine && settled < mine && (state == RUNNING || state == STAGED || state == QUEUED || state == UNKNOWN) ->
#endif
       assert(state != SUCCEEDED);
       counted[mine]++;
       assert(counted[mine] == 1);
       settled = mine;
       state = to;
       assert(state != SUCCEEDED || effects == 1)
#ifndef BROKEN
    :: else -> skip /* fenced off */
#endif
    fi;
    busy[me] = false
  }
}

/* Dies here, perhaps. Whatever it had in its memory is gone; the platform starts it again. */
inline worker_may_crash() {
  if
  :: atomic { faults > 0 -> faults--; taking[me] = false; busy[me] = false; gone[mine] = (mine > 0); mine = 0; said = YES; goto again }
  :: true
  fi
}

inline relay_may_crash() {
  if
  :: atomic { faults > 0 -> faults--; publishing[me] = false; goto again }
  :: true
  fi
}

proctype Worker(byte me) {
  byte mine;
  mtype said = YES;
again:
  do
  :: QUIET -> break
  :: atomic {
       wire > 0 -> wire--;
       taking[me] = true;
       if
       :: faults > 0 -> faults--; wire++
       :: true
       fi
     }
     worker_may_crash();
     atomic { /* claim */
       taking[me] = false;
       mine = 0;
       if
       :: state == QUEUED -> state = RUNNING; claim++; mine = claim; busy[me] = true; assert(claim < CLAIMS)
       :: else -> skip
       fi
     }
     if
     :: mine == 0 -> goto again
     :: else -> skip
     fi;
     worker_may_crash();
#if !defined(IDEMPOTENT) && !defined(NO_INTENT)
     atomic { /* intend */
       if
       :: claim == mine && state == RUNNING -> intent = mine
       :: else -> said = NOT_OURS
       fi
     }
     worker_may_crash();
#endif
     if
     :: said == NOT_OURS -> skip
     :: else ->
        atomic { /* the provider */
          if
          :: effect()
          :: faults > 0 -> faults--; said = NO
          :: faults > 0 -> faults--; said = SILENCE; effect()
          :: faults > 0 -> faults--; said = SILENCE
          fi
        }
     fi;
     worker_may_crash();
     if
     :: said == YES -> settle(SUCCEEDED)
     :: said == NO || said == NOT_OURS -> settle(STAGED)
#ifdef IDEMPOTENT
     :: said == SILENCE -> settle(STAGED)
#else
     :: said == SILENCE -> settle(UNKNOWN)
#endif
     fi;
     mine = 0;
     said = YES
  od
}

proctype Relay(byte me) {
  bool lost;
again:
  do
  :: QUIET -> break
  :: else ->
     atomic { /* lease */
       if
       :: state == STAGED -> state = QUEUED; publishing[me] = true
       :: else -> skip
       fi
     }
     relay_may_crash();
     atomic { /* publish; where the wire is full it was lost, which is found out like any other loss */
       if
       :: publishing[me] && wire < 3 -> wire++
       :: else -> skip
       fi;
       publishing[me] = false
     } /* having published, it holds nothing: a crash from here on is none */
     atomic {
       if
#ifndef NO_TAKEOVER
       :: state == RUNNING && gone[claim] -> take_over()
#else
       :: state == RUNNING && gone[claim] -> skip
#endif
       :: state == RUNNING && !gone[claim] && faults > 0 -> faults--; take_over()
       :: state != RUNNING || !gone[claim] -> skip
       fi
     }
     /* What was lost: look at the row and at the wire, and only then write. Others may move in between. */
     atomic {
       lost = false;
       if
       :: state == QUEUED && wire == 0 && !taking[0] && !taking[1] && !publishing[0] && !publishing[1] -> lost = true
       :: state == QUEUED && faults > 0 -> faults--; lost = true
       :: else -> skip
       fi
     }
     atomic {
       if
       :: lost && state == QUEUED -> state = STAGED
       :: else -> skip
       fi;
       lost = false
     }
  od
}

/* FLUSHALL, at any moment. */
proctype Storm() {
  do
  :: QUIET -> break
  :: atomic { faults > 0 -> faults--; wire = 0 }
  :: atomic { faults == 0 -> break }
  od
}

init {
  atomic {
    run Relay(0);
    run Relay(1);
    run Worker(0);
    run Worker(1);
    run Storm()
  }
}

ltl settles { <> [] FINAL }
