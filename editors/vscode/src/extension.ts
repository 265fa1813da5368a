// Starts `pointsman lsp` and lets VS Code talk to it. Everything said about a policy comes from there.

import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, type ServerOptions, TransportKind } from "vscode-languageclient/node";

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  context.subscriptions.push(
    vscode.commands.registerCommand("pointsman.restart", restart),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("pointsman.path")) {
        await restart();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

async function restart(): Promise<void> {
  await client?.dispose();
  client = undefined;
  await start();
}

async function start(): Promise<void> {
  const settings = vscode.workspace.getConfiguration("pointsman");
  const command = settings.get<string>("path", "pointsman");
  const server: ServerOptions = { command, args: ["lsp"], transport: TransportKind.stdio };
  const options: LanguageClientOptions = {
    // Rosters and tables are part of a project: unsaved, they count as they stand in the editor.
    documentSelector: [
      { language: "pointsman" },
      { scheme: "file", pattern: "**/*.{yaml,yml}" },
      { scheme: "file", pattern: "**/*.{csv,tsv}" },
    ],
    initializationOptions: settings,
    synchronize: { configurationSection: "pointsman" },
  };
  client = new LanguageClient("pointsman", "Pointsman", server, options);
  try {
    await client.start();
  } catch (error) {
    const settingsButton = "Open settings";
    const chosen = await vscode.window.showErrorMessage(
      `\`${command} lsp\` could not be started: ${error instanceof Error ? error.message : String(error)}`,
      settingsButton,
    );
    if (chosen === settingsButton) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "pointsman.path");
    }
  }
}
