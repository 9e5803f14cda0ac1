;;; world.el --- What the tests in Emacs share: a project, a model, waiting  -*- lexical-binding: t -*-

;; DEVIKA_BIN          the server
;; SCRIPTED_MODEL_BIN  the model
;; ARTEFACTS           a folder for the project and the logs

;;; Code:

(require 'cl-lib)
(require 'json)
(require 'subr-x)

(defconst world-patience 60
  "Seconds that anything may take on a busy machine.")

(defconst world-before "# devika: greet louder\nprint('hello')\n")
(defconst world-after "print('HELLO')\n")

(defvar world-messages nil
  "What the server has told the user, the newest first.")

(defun world-required (name)
  "The variable NAME of the environment, as an absolute path."
  (expand-file-name (or (getenv name) (error "%s is not set; see the head of world.el" name))))

(defun world-wait (what condition)
  "Handle what comes from the server until CONDITION holds, which is WHAT."
  (let ((deadline (time-add nil world-patience)))
    (while (not (funcall condition))
      (when (time-less-p deadline nil)
        (error "nothing came of: %s; messages: %S" what world-messages))
      (accept-process-output nil 0.02))))

(defun world-told (text)
  "The message with TEXT in it, waited for."
  (let (found)
    (world-wait text (lambda ()
                       (setq found (cl-find-if (lambda (it) (string-search text it)) world-messages))))
    found))

(defun world-check (ok what)
  "Fail with WHAT unless OK."
  (unless ok (error "%s; messages: %S" what world-messages)))

(defun world-text (file)
  "What is in FILE on disk."
  (with-temp-buffer (insert-file-contents file) (buffer-string)))

(defun world-git (project &rest args)
  "What git prints for ARGS in PROJECT."
  (with-temp-buffer
    (let ((default-directory (file-name-as-directory project)))
      (world-check (eq 0 (apply #'call-process "git" nil t nil args)) (buffer-string)))
    (string-trim (buffer-string))))

(defun world-script ()
  "A model that plans one step and writes it."
  (json-encode
   `[((text . ,(json-encode
                '((monologue . "One line.") (kind . "code") (reply . "I will do it.")
                  (focus . "greeting") (question . "") (queries . []) (verify . [])
                  (steps . [((text . "Greet louder") (files . ["a.py"]))])))))
     ((text . ,(format "Commit: Greet louder\n\nFile: `a.py`\n```python\n%s```\n" world-after)))]))

(defun world-start-model (folder)
  "Start the scripted model in FOLDER and return its address."
  (let ((script (expand-file-name "script.json" folder)) (said ""))
    (write-region (world-script) nil script nil 'quiet)
    (make-process :name "scripted-model" :noquery t
                  :command (list (world-required "SCRIPTED_MODEL_BIN") "--script" script)
                  :filter (lambda (_ text) (setq said (concat said text))))
    (world-wait "the model's address" (lambda () (string-match "^listening on \\(.+\\)\n" said)))
    (match-string 1 said)))

(defun world-build (name)
  "Build a world called NAME, and visit the file of its project."
  (let* ((folder (expand-file-name name (world-required "ARTEFACTS")))
         (project (expand-file-name "project" folder))
         (home (expand-file-name "home" folder))
         (file (expand-file-name "a.py" project)))
    (when (file-exists-p folder) (delete-directory folder t))
    (make-directory project t)
    (make-directory home t)
    (setenv "HOME" home)
    (setenv "DEVIKA_HOME" (expand-file-name "devika" home))
    (make-directory (getenv "DEVIKA_HOME"))
    (write-region "[user]\n\tname = A User\n\temail = user@example.org\n" nil
                  (expand-file-name ".gitconfig" home) nil 'quiet)
    (write-region world-before nil file nil 'quiet)
    (world-git project "init" "--quiet" "--initial-branch" "main")
    (world-git project "add" ".")
    (world-git project "commit" "--quiet" "--message" "Begin")
    (let ((config (expand-file-name "config.toml" (getenv "DEVIKA_HOME"))))
      (write-region (format "[models]\ndefault = \"scripted/model\"\n[providers.scripted]\nkind = \"openai\"\nbase_url = \"%s\"\n"
                            (world-start-model folder))
                    nil config nil 'quiet)
      (set-file-modes config #o600))
    (setq make-backup-files nil create-lockfiles nil)
    (find-file file)
    project))

(defun world-run (project choose)
  "Carry a comment out in PROJECT, and undo it.
CHOOSE is called with a text, and carries out the code action at point whose title holds it."
  (goto-char (point-min))
  (funcall choose "greet louder")
  (world-told "Do you trust the files")
  (funcall choose "allow trusting this folder")
  (world-wait "the edit" (lambda () (equal (buffer-string) world-after)))
  (save-buffer)
  (let* ((end (world-told "task 1 is completed"))
         (page (car (last (split-string end)))))
    (world-check (string-search "1. [x] Greet louder (a.py)" (world-text page)) "the task's page"))
  (world-check (equal (world-git project "log" "-1" "--format=%s") "feat: greet louder") "the commit")
  (world-check (equal (world-text (buffer-file-name)) world-after) "the file")
  (goto-char (point-min))
  (funcall choose "undo task 1")
  (world-wait "the undo" (lambda () (equal (buffer-string) world-before)))
  (save-buffer)
  (world-told "all steps undone: a.py")
  (world-check (equal (world-text (buffer-file-name)) world-before) "the file is as it was"))

(provide 'world)
;;; world.el ends here
