package bank;

import java.util.ArrayList;
import java.util.List;

public class Account {
    private final String owner;
    private long balance;
    private final List<String> history = new ArrayList<>();

    public Account(String owner, long balance) {
        if (balance < 0) {
            throw new IllegalArgumentException("negative balance");
        }
        this.owner = owner;
        this.balance = balance;
    }

    public void deposit(long amount) {
        checkAmount(amount);
        balance += amount;
        history.add("deposit " + amount);
    }

    public void withdraw(long amount) {
        checkAmount(amount);
        if (amount > balance) {
            throw new IllegalStateException("insufficient funds");
        }
        balance -= amount;
        history.add("withdraw " + amount);
    }

    private static void checkAmount(long amount) {
        if (amount <= 0) {
            throw new IllegalArgumentException("amount must be positive");
        }
    }

    public List<String> getHistory() {
        return List.copyOf(history);
    }

    @Override
    public String toString() {
        return owner + ": " + balance;
    }
}
