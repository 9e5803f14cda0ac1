;;; with-lsp-mode.el --- A task in Emacs with lsp-mode, from a comment to its undo  -*- lexical-binding: t -*-

;; run: DEVIKA_BIN=… SCRIPTED_MODEL_BIN=… ARTEFACTS=… emacs --batch -l with-lsp-mode.el

;;; Code:

(add-to-list 'load-path (file-name-directory load-file-name))
(require 'world)
(package-activate-all)
(require 'lsp-mode)

(define-advice lsp--window-show-message (:before (_workspace params) world)
  "Keep what the user is told."
  (push (lsp:show-message-request-params-message params) world-messages))

(defun lsp-test-choose (title)
  "Carry out the code action at point whose title holds TITLE."
  (let* ((actions (append (lsp-code-actions-at-point) nil))
         (action (cl-find-if (lambda (it) (string-search title (lsp:code-action-title it))) actions)))
    (world-check action (format "%s is not among %S" title (mapcar #'lsp:code-action-title actions)))
    (lsp-execute-code-action action)))

(let ((project (world-build "emacs-lsp-mode")))
  ;; As in docs/editors/emacs-lsp-mode.md.
  (lsp-register-client
   (make-lsp-client :new-connection (lsp-stdio-connection (list (world-required "DEVIKA_BIN") "lsp"))
                    :activation-fn (lambda (file _mode) file)
                    :add-on? t
                    :server-id 'devika))
  (setq lsp-auto-guess-root t lsp-enable-suggest-server-download nil)
  (python-mode)
  (lsp)
  (world-wait "the server to start" (lambda () (and (lsp-workspaces)
                                                    (eq 'initialized (lsp--workspace-status (car (lsp-workspaces)))))))
  (world-run project #'lsp-test-choose)
  (lsp-request "shutdown" lsp--empty-ht))

;;; with-lsp-mode.el ends here
