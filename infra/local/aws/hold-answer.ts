import type { ServerResponse } from 'node:http'

/**
 * Does `work` when the answer is complete and before its end goes out, so that what must be known by then
 * (an event on its queue, a fault to inject) is. A second call's work comes before the first one's.
 */
export function holdAnswer(response: ServerResponse, work: () => Promise<void>): void {
  const end = response.end
  const finish = (args: unknown[]) => Reflect.apply(end, response, args)
  response.end = ((...args: unknown[]) => {
    response.end = end
    work().then(
      () => finish(args),
      (error: Error) => response.destroy(error),
    )
    return response
  }) as ServerResponse['end']
}
