/** Of an endpoint, in characters. By itself, for the route table reads it, which loads nothing of Node. */
export const longestUrl = 2048
