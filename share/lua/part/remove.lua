-- SPDX-License-Identifier: ISC
-- A job is stopped from outside: cancelled (it becomes dead) or dropped (it is
-- deleted, and a tombstone stays). A running one is only asked; its worker
-- learns of it at its next beat. What it reads is read here, before the first
-- write.
call('ZCARD', DONE)
call('ZCARD', DEAD)

-- OK, ASKED, GONE, or the state in which there is nothing to do.
local function remove(id, drop, reason)
  local state = state_of(id)
  local r = state and record_of(id)
  if not r then return 'GONE' end
  if state == 'done' or (state == 'dead' and not drop) then return state end
  if state == 'running' then
    r[FLAGS] = drop and 'd' or 'c'
    call('HSET', JOB, id, record_text(r))
    emit('stopping', id)
    return 'ASKED'
  end
  call('ZREM', STATES[state], id)
  if not drop then
    to_dead(id, r, reason, 'cancelled')
    return 'OK'
  end
  if state == 'dead' then
    count('dead_bytes', -call('HSTRLEN', JOB, id) - call('HSTRLEN', PAY, id))
    count('deleted_dead')
  end
  count('deleted')
  r[LAST], r[REASON] = 'deleted', reason
  to_done(id, r, '')
  return 'OK'
end
