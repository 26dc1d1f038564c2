/** A model's chat template: messages to the text that the model was trained to go on from. */
export class ChatTemplate {
  /** The contents of tokenizer_config.json, and of chat_template.jinja where the model has that file. */
  constructor(tokenizerConfig: string | object, chatTemplate?: string);
  /** The names of the templates: one model may have several, for tools or retrieval. */
  readonly names: string[];
  render(
    messages: { role: string; content: unknown; [member: string]: unknown }[],
    options?: {
      /** End with what begins the model's answer. */
      addGenerationPrompt?: boolean;
      tools?: object[];
      documents?: object[];
      /** One of names; left out: 'tool_use' where there are tools and it, or else 'default'. */
      template?: string;
      /** Whatever else the template reads. */
      variables?: Record<string, unknown>;
    },
  ): string;
}
