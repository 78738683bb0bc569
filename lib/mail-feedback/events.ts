import * as z from 'zod/mini'

/**
 * What SES tells of mails that it sent, as the rules of infra/constructs/mail-feedback.ts hand it on; the names are
 * those of SES. It holds addresses, for there is nothing else that a bounce is known by.
 */
export const mailFeedback = z.object({
  kind: z.enum(['bounce', 'complaint']),
  /** Of a bounce: `Permanent`, `Transient`, `Undetermined`, or whatever SES may think of. */
  bounce_type: z.optional(z.string()),
  recipients: z
    .array(z.object({ emailAddress: z.string(), diagnosticCode: z.optional(z.nullable(z.string())) }))
    .check(z.minLength(1)),
  message_id: z.string(),
  /** Of a bounce when the mail was sent, of a complaint when it was made. */
  as_of: z.iso.datetime(),
})
export type MailFeedback = z.output<typeof mailFeedback>
