import { embedCount } from '../metrics.ts'
import type { Trouble } from './repository.ts'

const names = {
  bounced: 'mail_bounces',
  complained: 'mail_complaints',
  transient: 'mail_transient_bounces',
} as const satisfies Readonly<Record<Trouble['kind'], string>>

/** What of a log line CloudWatch takes a metric from. */
export const countFeedback = (kind: Trouble['kind']) => embedCount(names[kind])
