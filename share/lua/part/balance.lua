-- SPDX-License-Identifier: ISC
-- What has to add up at any moment. Each entry: a name, what there is, what
-- there should be, how the two compare. The first four are counted in `meta`;
-- should the data have been changed by hand, settle.lua closes the gap with
-- fix_NAME, so that the counters keep what they counted.
local COUNTERS = {'pushed', 'dup', 'claimed', 'completed', 'failed', 'lost',
  'released', 'dead_in', 'retried', 'deleted', 'deleted_dead', 'expired',
  'trimmed_done', 'trimmed_dead', 'trimmed_done_bytes', 'trimmed_dead_bytes',
  'orphan', 'orphan_known', 'done_bytes', 'dead_bytes', 'seq', 'fence',
  'fix_jobs', 'fix_done', 'fix_dead', 'fix_running', 'minute_low', 'beat',
  'hold', 'tick', 'failed_dead'}
for _, kind in ipairs({'w:', 'r:'}) do
  COUNTERS[#COUNTERS + 1] = kind .. 'sum'
  for _, bound in ipairs(BOUNDS) do
    COUNTERS[#COUNTERS + 1] = kind .. bound
  end
end

-- Those that never fall: what happened has happened.
local RISING = {'pushed', 'claimed', 'completed', 'failed', 'lost', 'released',
  'dead_in', 'retried', 'deleted', 'trimmed_done', 'trimmed_dead', 'seq',
  'fence'}

local function counter(name)
  return tonumber(call('HGET', META, name)) or 0
end

-- The sum of counters; those after a '-' count against it.
local function sum(text)
  local n, sign = 0, 1
  for word in string.gmatch(text, '%S+') do
    if word == '-' then sign = -1 else n = n + sign * counter(word) end
  end
  return n
end

local function balances()
  local done, dead = call('ZCARD', DONE), call('ZCARD', DEAD)
  local running, retry = call('ZCARD', RUN), call('ZCARD', RTY)
  local jobs = call('ZCARD', RDY) + call('ZCARD', DLY) + retry + running +
    done + dead
  return {
    {'jobs', jobs,
      sum('pushed fix_jobs - trimmed_done trimmed_dead orphan'), '='},
    {'done', done, sum('completed deleted fix_done - trimmed_done'), '='},
    {'dead', dead,
      sum('dead_in fix_dead - retried deleted_dead trimmed_dead'), '='},
    {'running', running,
      sum('claimed fix_running - completed failed released lost'), '='},
    {'payloads', call('HLEN', PAY), jobs - done, '='},
    {'records', call('HLEN', JOB), jobs, '<'},
    {'records-least', call('HLEN', JOB), done + dead + running + retry, '>'},
    {'results', call('HLEN', OUT), done, '<'},
    {'news', call('HLEN', LIVE), running, '<'},
    -- 16, and those that busy workers took and gave back
    {'wake', call('LLEN', WAKE), 16 + call('ZCARD', SEEN), '<'},
    {'orphan', counter('orphan'), counter('orphan_known'), '='},
  }
end

local function balanced(b)
  return b[2] == b[3] or (b[4] == '<' and b[2] < b[3]) or
    (b[4] == '>' and b[2] > b[3])
end

-- The highest sequence number that a ready job bears, and which job that is;
-- what is beyond half a band was written by hand and does not count.
local function highest_seq()
  local most, whose = 0, ''
  for priority = -9, 9 do
    local low = -priority * BAND
    local last = call('ZREVRANGEBYSCORE', RDY, int(low + BAND / 2), int(low),
      'WITHSCORES', 'LIMIT', 0, 1)
    local n = last[1] and tonumber(last[2]) - low or 0
    if n > most then most, whose = n, last[1] end
  end
  return most, whose
end
