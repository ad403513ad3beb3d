-- SPDX-License-Identifier: ISC
-- T2: the next jobs come under a lease and a fresh token. In one script with
-- leaving `rdy`, because that and entering `run` must not be seen apart.
-- claim() returns OK (without a job: ask again), SAME (this request again: the
-- jobs it got), STALE (an older one), PAUSED or NONE, then the ms until
-- something is due, the lease in ms, the epoch, the history (this claim in it),
-- the number of this worker's last request before (0 = none is known), and how
-- many jobs are still ready where it took some; then 4 for each job: id, token,
-- record, envelope.

-- A worker that is busy claims often: then it does the housekeeping no more
-- often than this, in ms.
local HOUSEKEEPING = 10

-- As `worker`, with a request number that rises. `how`: "busy", the same worker
-- was here a moment ago; "waited", it was sent here perhaps a while ago.
local function claim(worker, request, most, how)
  local m = call('HMGET', META, 'epoch', 'paused', 'fence', 'pushed', 'claimed',
    'tick')
  local last, last_request = request_of(worker)
  local answer = {'NONE', 0, int(setting('lease')), m[1] or '',
    history(m[4], m[5]), int(last_request), 0}
  request = tonumber(request)
  if last == 'closed' or request < last_request then
    answer[1] = 'STALE'
    return answer
  end
  if request == last_request then return give_again(answer, worker, last) end
  local fresh = how == 'busy' and math.abs(now - (tonumber(m[6]) or 0)) < HOUSEKEEPING
  answer[2] = int(fresh and call('ZCARD', RDY) > 0 and HOUSEKEEPING or
    tick(setting('lease'), how == 'waited'))
  local ids, looked = {}, 0
  if m[2] then
    answer[1] = 'PAUSED'
  elseif tonumber(most) > 0 then
    ids, looked = take_some(answer, worker, math.min(tonumber(most), 100),
      math.max(tonumber(m[3]) or 0, micros))
  end
  if #ids > 0 then
    answer[1] = 'OK'
    answer[5] = history(m[4], (m[5] or 0) + #ids)
    count('claimed', #ids)
  end
  -- somebody's turn, if there is more than this one could take; its own again,
  -- if all it met had expired
  local left = looked > 0 and call('ZCARD', RDY) or 0
  if left > 0 then
    answer[1], answer[7] = 'OK', left
    woken = woken + 1
  end
  call('HSET', WRK, 'c:' .. worker, table.concat({int(request), unpack(ids)}, ' '))
  return answer
end
