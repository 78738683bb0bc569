import * as z from 'zod/mini'
import type { JobQueue } from '../../aws/job-queue.ts'

/** What travels on the analysis queue: a version to be listened to, or one whose MP3 is to be made. */
const analysisMessage = z.object({
  version_id: z.uuid(),
  work: z._default(z.enum(['analysis', 'mp3']), 'analysis'),
})
type AnalysisMessage = z.output<typeof analysisMessage>

export const readAnalysisMessage = (body: unknown): AnalysisMessage => analysisMessage.parse(body)

/** Puts a version into the queue of those that ffmpeg is to work on. */
export function createAnalysisSender(queue: Pick<JobQueue, 'send'>) {
  return async (message: AnalysisMessage): Promise<void> => {
    const accepted = await queue.send([{ id: message.version_id, body: JSON.stringify(message) }])
    if (accepted.length === 0) throw new Error('The analysis queue refused a message')
  }
}
