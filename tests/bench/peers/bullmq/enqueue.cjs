// Reads addresses from standard input and adds a job for each, in bulk. Finished jobs are removed at once, failed ones
// are kept: what the guide shows ("Auto-removal of jobs"), and the fastest.
"use strict";
const { readFileSync } = require("node:fs");
const { Queue } = require("bullmq");
const IORedis = require("ioredis");

const BATCH = 500;
const opts = { attempts: 20, backoff: { type: "exponential", delay: 200, jitter: 0.5 }, removeOnComplete: true };

async function main() {
  const addresses = readFileSync(0, "utf8").split(/\s+/).filter(Boolean);
  const connection = new IORedis(process.env.REDIS_URL, { maxRetriesPerRequest: null });
  const queue = new Queue("bench", { connection });
  for (let first = 0; first < addresses.length; first += BATCH) {
    const some = addresses.slice(first, first + BATCH);
    await queue.addBulk(some.map((address) => ({ name: "subscribe", data: { address }, opts })));
  }
  await queue.close();
  await connection.quit();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
