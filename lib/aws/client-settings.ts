/**
 * How every AWS client calls: bounded in time and in retries, so that a function answers before its own
 * timeout. Clients are made on first use (`await import(...)`), for the SDK costs ~100 ms to load.
 */
export const clientSettings = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
} as const
