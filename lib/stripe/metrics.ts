import { embedCount } from '../metrics.ts'

/** What of a log line CloudWatch takes a metric from. */
export const countMetric = (
  name: 'stripe_calls_failed' | 'stripe_events_failed' | 'stripe_unexpected_payment' | 'money_breaches',
  count = 1,
) => embedCount(name, count)
