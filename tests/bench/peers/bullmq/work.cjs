// A BullMQ worker: CONCURRENCY jobs at once on one event loop, retries with backoff as the producer asked for them.
// `maxRetriesPerRequest: null` and error listeners are what BullMQ's guide asks for ("Going to production").
"use strict";
const { Worker } = require("bullmq");
const IORedis = require("ioredis");
const { deliver } = require("./call.cjs");

const connection = new IORedis(process.env.REDIS_URL, { maxRetriesPerRequest: null });
const worker = new Worker("bench", (job) => deliver(job.data.address), {
  connection, concurrency: Number(process.env.CONCURRENCY),
});
worker.on("error", (error) => console.error(error.message));
worker.on("failed", (_job, error) => console.error(error.message));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => worker.close().then(() => process.exit(0)));
worker.waitUntilReady().then(() => console.error("contender: ready"));
