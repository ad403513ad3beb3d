// SPDX-License-Identifier: ISC
// BullMQ in each workload: bullmq.js WORKLOAD [ARG…]; see tests/bench/peers.bash.
'use strict';
const { spawn } = require('node:child_process');
const readline = require('node:readline');
const { Queue, Worker } = require('bullmq');

const connection = { path: process.env.BENCH_SOCKET, maxRetriesPerRequest: null };
const [what, ...args] = process.argv.slice(2);
const quiet = { removeOnComplete: 10000 };
const queue = new Queue('bench', { connection, defaultJobOptions: quiet });

function run(command, input) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { stdio: ['pipe', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('exit', (code) => (code ? reject(new Error(`exit ${code}`)) : resolve()));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

async function fill(n) {
  const data = '0'.repeat(200);
  for (let left = n; left > 0; left -= 1000) {
    const jobs = Array.from({ length: Math.min(left, 1000) }, () => ({ name: 'x', data }));
    await queue.addBulk(jobs);
  }
}

// Jobs a second of `work`, so many at once.
function drain(n, concurrency, work) {
  return new Promise((resolve) => {
    let done = 0;
    const start = process.hrtime.bigint();
    const worker = new Worker('bench', work, { connection, concurrency });
    worker.on('completed', async () => {
      done += 1;
      if (done < n) return;
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      await worker.close();
      resolve(n / seconds);
    });
  });
}

const workloads = {
  async push(payload) {
    await queue.add('x', payload);
  },
  async bulk(n) {
    const start = process.hrtime.bigint();
    await fill(Number(n));
    console.log((n / (Number(process.hrtime.bigint() - start) / 1e9)).toFixed(2));
  },
  async stream(n) {
    await fill(Number(n));
    console.log((await drain(Number(n), 100, async () => 'ok')).toFixed(2));
  },
  async process(atOnce, n) {
    await fill(Number(n));
    const rate = await drain(Number(n), Number(atOnce), () => run('/bin/true', ''));
    console.log(rate.toFixed(2));
  },
  async latency(handler) {
    const worker = new Worker('bench', (job) => run(handler, job.data), { connection });
    await new Promise((resolve) => process.on('SIGTERM', resolve));
    await worker.close(true);
  },
  async lines() {
    for await (const line of readline.createInterface({ input: process.stdin })) {
      await queue.add('x', `${line}\n`);
    }
  },
};

workloads[what](...args)
  .then(() => queue.close())
  .then(() => process.exit(0))
  .catch((error) => {
    console.error(error);
    process.exit(1);
  });
