import type { OutgoingMail } from '../../lib/aws/mailer.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createPostman } from '../../lib/mail/postman.ts'

export const appUrl = 'https://veza.example'

/** Hands mails on as the jobs worker does; what would have gone to SES is kept. */
export function createPost(sql: Sql) {
  const sent: OutgoingMail[] = []
  const mailer = { send: async (mail: OutgoingMail) => void sent.push(mail) }
  return { sent, post: createPostman({ sql, mailer, appUrl, apiUrl: 'https://api.veza.example' }) }
}
