/** A model's chat template: turns messages into the text that the model was trained to continue. */
export class ChatTemplate {
  /** The contents of tokenizer_config.json, and of chat_template.jinja if the model has that file. */
  constructor(tokenizerConfig: string | object, chatTemplate?: string);
  /** The names of the templates: one model may have several, for tools or retrieval. */
  readonly names: string[];
  render(
    messages: { role: string; content: unknown; [member: string]: unknown }[],
    options?: {
      /** Ends with the beginning of the model's answer. */
      addGenerationPrompt?: boolean;
      tools?: object[];
      documents?: object[];
      /** One of names; default: 'tool_use' if tools are given and it exists, otherwise 'default'. */
      template?: string;
      /** Other variables that the template reads. */
      variables?: Record<string, unknown>;
    },
  ): string;
}
