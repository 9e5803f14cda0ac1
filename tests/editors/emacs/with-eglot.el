;;; with-eglot.el --- A task in Emacs with Eglot, from a comment to its undo  -*- lexical-binding: t -*-

;; run: DEVIKA_BIN=… SCRIPTED_MODEL_BIN=… ARTEFACTS=… emacs --batch -l with-eglot.el

;;; Code:

(add-to-list 'load-path (file-name-directory load-file-name))
(require 'world)
(package-activate-all)
(require 'eglot)

(cl-defmethod eglot-handle-notification :before
  (_server (_method (eql window/showMessage)) &key message &allow-other-keys)
  "Keep what the user is told."
  (push message world-messages))

(defun eglot-test-choose (title)
  "Carry out the code action at point whose title holds TITLE."
  (let* ((actions (append (eglot-code-actions (point) (point)) nil))
         (action (cl-find-if (lambda (it) (string-search title (plist-get it :title))) actions))
         (command (plist-get action :command)))
    (world-check action (format "%s is not among %S" title
                                (mapcar (lambda (it) (plist-get it :title)) actions)))
    ;; The name of newer versions first.
    (if (fboundp 'eglot-execute)
        (eglot-execute (eglot-current-server) action)
      (eglot-execute-command (eglot-current-server) (plist-get command :command)
                             (plist-get command :arguments)))))

(let ((project (world-build "emacs-eglot")))
  ;; As in docs/editors/emacs-eglot.md.
  (add-to-list 'eglot-server-programs `(python-mode . (,(world-required "DEVIKA_BIN") "lsp")))
  (setq eglot-confirm-server-initiated-edits nil)
  (setq eglot-sync-connect world-patience)
  (python-mode)
  (apply #'eglot (eglot--guess-contact))
  (world-run project #'eglot-test-choose)
  (eglot-shutdown (eglot-current-server)))

;;; with-eglot.el ends here
