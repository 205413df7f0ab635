/** Where the queue says what went wrong beside any call, such as a dropped connection. pino fits. */
export interface QueueLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
